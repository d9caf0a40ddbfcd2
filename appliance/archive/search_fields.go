package archive

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
	"eakte/search"
)

// codes turns what a person wrote for a field into the codes that the index
// knows. What there is none of, or nobody may tell the actor of, finds nothing.
func (a *Archive) codes(tx *catalog.Tx, actor record.Actor, types map[string][]string, written []search.Filter) ([]search.Filter, error) {
	out := make([]search.Filter, len(written))
	for i, f := range written {
		out[i] = search.Filter{Field: f.Field, Not: f.Not, From: f.From, To: f.To}
		for _, value := range f.Values {
			var codes []string
			var err error
			switch f.Field {
			case search.FieldSite:
				codes, err = siteCodes(tx, value)
			case search.FieldFile:
				codes, err = a.ordinals(tx, actor, value)
			case search.FieldType:
				codes = types[value]
			default:
				codes = []string{value}
			}
			if err != nil {
				return nil, err
			}
			out[i].Values = append(out[i].Values, codes...)
		}
	}
	return out, nil
}

// types gives the codes of the types that are named in filters. Who is asked for
// them may read the catalog: this must not be called inside of a transaction,
// where each search would hold one connection and wait for another.
func (r *SearchRequest) types(written []search.Filter) map[string][]string {
	out := map[string][]string{}
	for _, f := range written {
		if f.Field != search.FieldType {
			continue
		}
		for _, value := range f.Values {
			out[value] = []string{value}
			if r.TypeCodes != nil {
				out[value] = r.TypeCodes(value)
			}
		}
	}
	return out
}

// siteCodes finds sites by code or name.
func siteCodes(tx *catalog.Tx, value string) ([]string, error) {
	sites, err := tx.Sites()
	if err != nil {
		return nil, err
	}
	var codes []string
	for _, s := range sites {
		if s.Code == value || search.Fold(s.Name) == search.Fold(value) {
			codes = append(codes, s.Code)
		}
	}
	return codes, nil
}

// ordinals finds a file by number or id, if the actor may find it.
func (a *Archive) ordinals(tx *catalog.Tx, actor record.Actor, value string) ([]string, error) {
	row, err := findFile(tx, actor, value)
	if errors.Is(err, record.NotFound) || errors.Is(err, record.Invalid) {
		return nil, nil
	}
	if err != nil || !a.Policy.Decide(row.facts, access.FileFind).Allowed {
		return nil, err
	}
	return []string{strconv.FormatUint(uint64(row.file.Ordinal), 10)}, nil
}

// building says how far the index is that is being made anew, nil if nobody
// has begun.
func (a *Archive) building(ctx context.Context) (*Building, error) {
	var b *Building
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		said, err := tx.Meta(catalog.MetaIndexProgress)
		if err != nil || said == "" {
			return err
		}
		done, total, ok := strings.Cut(said, "/")
		b = &Building{}
		var derr, terr error
		b.Done, derr = strconv.ParseInt(done, 10, 64)
		b.Total, terr = strconv.ParseInt(total, 10, 64)
		if !ok || derr != nil || terr != nil {
			return fmt.Errorf("the progress of the index is %q", said)
		}
		return nil
	})
	return b, err
}
