package border

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
)

func TestStatusTable(t *testing.T) {
	for category, want := range map[error]int{
		record.Unauthenticated: 401, record.Denied: 403, record.NotFound: 404, record.Invalid: 400, record.Conflict: 409, record.Held: 409,
		record.Retained: 409, record.TooLarge: 413, record.Corrupt: 500, record.Busy: 503, record.Unavailable: 503,
	} {
		f := FaultOf(fmt.Errorf("operation: %w", &record.Error{Category: category, Message: "M", Hint: "H", Field: "f", Cause: errors.New("secret cause")}))
		if f.Status != want || f.Code != category.Error() || f.Message != "M" || f.Hint != "H" || f.Field != "f" {
			t.Errorf("%v: %+v", category, f)
		}
		if bare := FaultOf(category); bare.Message == "" || bare.Status != want {
			t.Errorf("%v alone: %+v", category, bare)
		}
	}
}

// TestCauseStaysInside: what an unknown error says never reaches anybody.
func TestCauseStaysInside(t *testing.T) {
	for _, err := range []error{errors.New("SELECT secret FROM"), fiber.NewError(500, "secret"), fiber.NewError(400, "secret"),
		&record.Error{Category: record.Corrupt, Cause: errors.New("secret")}} {
		f := FaultOf(err)
		if strings.Contains(fmt.Sprint(f), "secret") {
			t.Errorf("%v shows as %+v", err, f)
		}
		if f.Status < 400 || f.Code == "" {
			t.Errorf("%v: %+v", err, f)
		}
	}
	if f := FaultOf(fiber.ErrRequestHeaderFieldsTooLarge); f.Status != 431 || f.Code != "too_large" {
		t.Errorf("431: %+v", f)
	}
}
