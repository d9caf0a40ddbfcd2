package api

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"eakte/ui/border"
)

// TestRoutesAndDocument: what the app answers is what the document says, no
// call more and none less.
func TestRoutesAndDocument(t *testing.T) {
	a, err := New(border.Doors{}, 1<<20, "test")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Summary     string
			Responses   map[string]any
			Parameters  []struct {
				Name, In string
				Required bool
			}
		}
	}
	if err := json.Unmarshal(a.described, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("version %s", doc.OpenAPI)
	}
	var described []string
	ids := map[string]bool{}
	for path, item := range doc.Paths {
		for method, op := range item {
			described = append(described, strings.ToUpper(method)+" "+path)
			if ids[op.OperationID] || op.OperationID == "" || op.Summary == "" || op.Responses["default"] == nil {
				t.Errorf("%s %s: %+v", method, path, op)
			}
			ids[op.OperationID] = true
			for _, part := range strings.Split(path, "/") {
				if name, ok := strings.CutPrefix(part, "{"); ok {
					name = strings.TrimSuffix(name, "}")
					if !slices.ContainsFunc(op.Parameters, func(p struct {
						Name, In string
						Required bool
					}) bool {
						return p.Name == name && p.In == "path" && p.Required
					}) {
						t.Errorf("%s %s does not describe {%s}", method, path, name)
					}
				}
			}
		}
	}
	app := fiber.New()
	a.Mount(app)
	var answered []string
	for _, r := range app.GetRoutes(true) {
		path, below := strings.CutPrefix(r.Path, Prefix+"/")
		if !below || r.Method == fiber.MethodHead {
			continue
		}
		parts := strings.Split(path, "/")
		for i, p := range parts {
			if name, ok := strings.CutPrefix(p, ":"); ok {
				parts[i] = "{" + name + "}"
			}
		}
		answered = append(answered, r.Method+" /"+strings.Join(parts, "/"))
	}
	sort.Strings(described)
	sort.Strings(answered)
	if !slices.Equal(described, answered) {
		t.Errorf("described:\n%s\nanswered:\n%s", strings.Join(described, "\n"), strings.Join(answered, "\n"))
	}
	for _, call := range []string{"POST /files", "GET /files", "GET /files/{id}", "GET /files/{id}/documents", "POST /documents", "GET /documents/{id}",
		"PATCH /documents/{id}", "GET /documents/{id}/original", "GET /documents/{id}/pages/{n}/image", "GET /documents/{id}/pages/{n}/words",
		"GET /search", "GET /suggest", "GET /files/{id}/grants", "POST /files/{id}/grants", "DELETE /files/{id}/grants", "GET /files/{id}/denials",
		"POST /files/{id}/denials", "DELETE /files/{id}/denials", "GET /audit/entries", "GET /audit/checkpoint", "GET /health", "GET /openapi.json",
		"GET /inbox", "POST /inbox/{id}/take", "POST /inbox/{id}/assign", "POST /inbox/{id}/follow-up", "POST /inbox/{id}/finish", "GET /follow-ups"} {
		if !slices.Contains(answered, call) {
			t.Errorf("%s is promised and not there", call)
		}
	}
}

// TestWhatMakesSomethingCanBeSentAgain: who got no answer sends the same once
// more, and nothing is there twice.
func TestWhatMakesSomethingCanBeSentAgain(t *testing.T) {
	a := &API{}
	for _, r := range a.routes() {
		if r.status == fiber.StatusCreated && !r.sentAgain() {
			t.Errorf("%s %s", r.method, r.path)
		}
	}
}

// TestReferencesResolve: every $ref of the document leads somewhere, and every
// component is used.
func TestReferencesResolve(t *testing.T) {
	a, err := New(border.Doors{}, 1<<20, "test")
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(a.described, &doc); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				used[ref] = true
				if at(doc, ref) == nil {
					t.Errorf("%s leads nowhere", ref)
				}
			}
			for _, x := range v {
				walk(x)
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		}
	}
	walk(doc)
	named, ok := at(doc, "#/components/schemas").(map[string]any)
	if !ok || len(named) < 10 {
		t.Fatalf("%d schemas", len(named))
	}
	for name := range named {
		if !used["#/components/schemas/"+name] {
			t.Errorf("schema %s is never used", name)
		}
	}
	receipt := fmt.Sprint(at(doc, "#/components/schemas/Receipt/properties"))
	for _, field := range []string{"document", "sha256", "size", "received_at", "repeated", "identical_to"} {
		if !strings.Contains(receipt, field+":") {
			t.Errorf("a receipt has no %s: %s", field, receipt)
		}
	}
}

func at(doc map[string]any, ref string) any {
	var v any = doc
	for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[part]
	}
	return v
}

func TestMethodsAt(t *testing.T) {
	a := &API{}
	for path, want := range map[string]string{"/files": "GET, POST", "/files/x/grants": "GET, POST, DELETE", "/files/x/y": "", "/": "", "/documents": "POST"} {
		if got := methodsAt(a.routes(), path); got != want {
			t.Errorf("%s knows %q, want %q", path, got, want)
		}
	}
}
