package web

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	"eakte/ui/border"
	"eakte/ui/locale"
)

// itemUndo is the last change to an item, which can be taken back. The cookie
// it travels in names nobody.
type itemUndo struct {
	Item record.ItemID
	Verb string // take, assign, follow-up, finish
	Day  string // of a follow-up
}

func (w *Web) giveItemUndo(c *fiber.Ctx, path string, u itemUndo) error {
	b, err := json.Marshal(u)
	if err != nil {
		return err
	}
	w.setCookie(c, cookieUndo, base64.RawURLEncoding.EncodeToString(b), path, undoTime)
	return nil
}

// takeItemUndo reads the cookie once; what can't be read is no undo.
func (w *Web) takeItemUndo(c *fiber.Ctx, path string) *itemUndo {
	raw := border.Cookie(c, cookieUndo)
	if raw == "" || onlyPane(c) {
		return nil
	}
	w.setCookie(c, cookieUndo, "", path, -1)
	var u itemUndo
	b, err := base64.RawURLEncoding.DecodeString(raw)
	if err != nil || json.Unmarshal(b, &u) != nil || !record.ValidID(string(u.Item)) {
		return nil
	}
	return &u
}

// says tells what was done.
func (u itemUndo) says(l *locale.Lang) string {
	if u.Verb == "follow-up" {
		return l.T("inbox.putoff", "day", l.Date(u.Day))
	}
	return l.Of("inbox.did", u.Verb)
}

// versionOf is the version of the item that the form was made from.
func versionOf(form url.Values) int64 {
	n, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
