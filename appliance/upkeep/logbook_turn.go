package upkeep

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"eakte/appliance/catalog"
)

// Two nodes that write segments at the same moment write the same entries
// twice. So they take turns: who seals has its name in the catalog, and takes
// it out again. One that died with it there keeps the others waiting for as
// long as a turn is good for; the entries wait in the catalog.
const (
	metaTurn  = "logbook.turn"
	turnLasts = 10 * time.Minute // more than clocks of nodes may differ
	sealTakes = time.Minute      // at most; what is left comes with the next turn
)

type turn struct {
	Node  string    `json:"node"`
	Until time.Time `json:"until"`
}

// takeTurn says whether this node may seal now.
func (l *Logbook) takeTurn(ctx context.Context) (ours bool, err error) {
	if l.Node == "" {
		return true, nil
	}
	err = l.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		text, err := tx.Meta(metaTurn)
		if err != nil {
			return err
		}
		var t turn
		if text != "" {
			if err := json.Unmarshal([]byte(text), &t); err != nil {
				return fmt.Errorf("the logbook's turn: %w", err)
			}
		}
		now := tx.Now()
		if ours = t.Node == "" || t.Node == l.Node || now.After(t.Until) || t.Until.After(now.Add(2*turnLasts)); !ours {
			return nil
		}
		return l.setTurn(tx, turn{l.Node, now.Add(turnLasts)})
	})
	return ours && err == nil, err
}

// endTurn lets the others go on.
func (l *Logbook) endTurn(ctx context.Context) error {
	if l.Node == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sealTakes)
	defer cancel()
	return l.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return l.setTurn(tx, turn{}) })
}

func (l *Logbook) setTurn(tx *catalog.Tx, t turn) error {
	b, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("the logbook's turn: %w", err)
	}
	return tx.SetMeta(metaTurn, string(b))
}
