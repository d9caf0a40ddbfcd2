package border

import (
	"slices"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/admin"
	"eakte/appliance/record"
	"eakte/search"
)

// minTypeBegun is from how many letters on the beginning of a name is enough.
const minTypeBegun = 3

// TypeCodes gives the codes of the document types that a person calls so in a
// search, by code, name or the beginning of a name, in German or English. What
// no type is called is taken for the code of one that the rules don't know.
func TypeCodes(c *fiber.Ctx, d Doors) func(name string) []string {
	types := sync.OnceValue(func() []admin.DocumentType {
		if d.Admin == nil {
			return nil
		}
		types, err := d.Admin.DocumentTypes(c.UserContext(), record.Actor{}) // no secret: it asks for no right
		if err != nil {
			return nil // then names are no codes, and find nothing
		}
		return types
	})
	return func(name string) []string {
		name = strings.TrimSpace(name)
		var whole, begun []string
		for _, t := range types() {
			for _, called := range [...]string{t.Key, t.German, t.English} {
				switch called, asked := foldName(called), foldName(name); {
				case asked == called:
					whole = append(whole, t.Key)
				case len(asked) >= minTypeBegun && strings.HasPrefix(called, asked):
					begun = append(begun, t.Key)
				}
			}
		}
		for _, found := range [...][]string{whole, begun, {name}} {
			if len(found) > 0 {
				return slices.Compact(found)
			}
		}
		return nil
	}
}

// foldName folds a name word by word.
func foldName(name string) string {
	words := strings.Fields(name)
	for i, w := range words {
		words[i] = search.Fold(w)
	}
	return strings.Join(words, " ")
}
