package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	"eakte/ingest/delivery"
	"eakte/ingest/inbox"
	"eakte/ui/border"
)

// Prefix is where the interface lies.
const Prefix = "/api/v1"

// maxJSON is the largest JSON body that is read, in bytes.
const maxJSON = 1 << 20

// API answers the calls below Prefix.
type API struct {
	doors     border.Doors
	maxUpload int64
	described []byte // openapi.json, made once
}

// New makes the interface; maxUpload is in bytes.
func New(doors border.Doors, maxUpload int64, version string) (*API, error) {
	a := &API{doors: doors, maxUpload: maxUpload}
	doc, err := json.MarshalIndent(describe(a.routes(), version), "", "  ")
	if err != nil {
		return nil, err
	}
	a.described = doc
	return a, nil
}

// Mount adds the calls to the app. What is below Prefix and not in the list is
// 404, and 405 if it is there for another method.
func (a *API) Mount(app *fiber.App) {
	routes := a.routes()
	for _, r := range routes {
		h := r.handler
		if !r.open {
			h = a.signedIn(h)
		}
		app.Add(r.method, Prefix+fiberPath(r.path), h)
		if r.method == fiber.MethodGet {
			app.Add(fiber.MethodHead, Prefix+fiberPath(r.path), h)
		}
	}
	app.Use(Prefix, func(c *fiber.Ctx) error {
		if allow := methodsAt(routes, strings.TrimPrefix(c.Path(), Prefix)); allow != "" {
			c.Set(fiber.HeaderAllow, allow)
			return fiber.ErrMethodNotAllowed
		}
		return fiber.ErrNotFound
	})
}

// methodsAt lists the methods that an address knows, "" if there is none.
func methodsAt(routes []route, path string) string {
	var methods []string
	for _, r := range routes {
		if fiber.RoutePatternMatch(path, fiberPath(r.path)) {
			methods = append(methods, r.method)
		}
	}
	return strings.Join(methods, ", ")
}

// fiberPath turns /files/{id} into /files/:id.
func fiberPath(p string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(p)
}

const actorKey = "actor"

// signedIn lets only requests with a valid bearer token through.
func (a *API) signedIn(next fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		scheme, token, _ := strings.Cut(border.Header(c, fiber.HeaderAuthorization), " ")
		token = strings.TrimSpace(token)
		if !strings.EqualFold(scheme, "bearer") || token == "" {
			return &record.Error{Category: record.Unauthenticated, Message: "You are not signed in.",
				Hint: "Send the header Authorization: Bearer TOKEN."}
		}
		actor, _, err := a.doors.Identity.FromToken(c.UserContext(), token, border.RequestID(c))
		if err != nil {
			return err
		}
		actor.Address = strings.Clone(c.IP())
		c.Locals(actorKey, actor)
		return next(c)
	}
}

func actorOf(c *fiber.Ctx) record.Actor {
	actor, _ := c.Locals(actorKey).(record.Actor)
	return actor
}

// page is the shape of every list.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// listOf makes a list that is [] and not null when it is empty.
func listOf[T any](items []T, next string) page[T] {
	if items == nil {
		items = []T{}
	}
	return page[T]{Items: items, Next: next}
}

// send encodes v whole before anything of it goes out.
func send(c *fiber.Ctx, status int, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	c.Set(fiber.HeaderContentType, "application/json; charset=utf-8")
	return c.Status(status).Send(b.Bytes())
}

// bind reads a JSON body into v. If that fails, mayKnow is asked first: who
// may not know of the thing learns nothing about parameters.
func bind(c *fiber.Ctx, v any, mayKnow func() error) error {
	err := decode(c, v)
	if err == nil {
		return nil
	}
	if refused := mayKnow(); errors.Is(refused, record.Denied) || errors.Is(refused, record.NotFound) || errors.Is(refused, record.Unauthenticated) {
		return refused
	}
	return err
}

func decode(c *fiber.Ctx, v any) error {
	body, err := border.ReadAll(c, maxJSON)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	if err := dec.Decode(v); err != nil {
		e := &record.Error{Category: record.Invalid, Message: "The body is not the JSON that this call takes.",
			Hint: "The shapes are in " + Prefix + "/openapi.json.", Cause: err}
		var te *json.UnmarshalTypeError
		if errors.As(err, &te) {
			e.Field = te.Field
		}
		return e
	}
	if dec.More() {
		return &record.Error{Category: record.Invalid, Message: "There is something behind the JSON of the body."}
	}
	return nil
}

// Failure is the body of every answer that is an error.
type Failure struct {
	Error FailureDetail `json:"error"`
}

// FailureDetail says what happened, what to do, and how to ask about it.
type FailureDetail struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Hint      string `json:"hint"`
	Field     string `json:"field,omitempty"`
	Reference string `json:"reference"`

	By *inbox.Colleague `json:"by,omitempty"` // who was faster
	At *time.Time       `json:"at,omitempty"` // when

	Problems []delivery.Problem `json:"problems,omitempty"` // what does not fit of a delivery
}

// Fail answers with an error, as JSON.
func Fail(c *fiber.Ctx, f border.Fault) error {
	if f.Status == fiber.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, "Bearer")
	}
	if f.Status == fiber.StatusServiceUnavailable {
		c.Set(fiber.HeaderRetryAfter, "2")
	}
	d := FailureDetail{Code: f.Code, Message: f.Message, Hint: f.Hint, Field: f.Field, Reference: border.RequestID(c), Problems: f.Problems}
	if f.Faster != nil {
		d.By, d.At = &f.Faster.By, &f.Faster.At
	}
	return send(c, f.Status, Failure{d})
}
