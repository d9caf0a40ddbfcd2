package vault_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// formats is where the published formats lie, seen from this package.
const formats = "../../docs/formats"

// schema is the part of JSON Schema that the published formats use.
type schema map[string]any

// loadSchema reads a schema; with old, fields that were added may be missing.
func loadSchema(t *testing.T, name string, old bool) schema {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(formats, name))
	if err != nil {
		t.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	s["old"] = old
	return s
}

// conforms holds a JSON text that is written today against a schema: every
// field that the schema names is there, none that it doesn't, each of its type
// and form.
func conforms(t *testing.T, schemaName string, text []byte) {
	t.Helper()
	conformsTo(t, loadSchema(t, schemaName, false), schemaName, text)
}

// conformsOld holds what was written once against a schema: a field that was
// added since ("x-added") may be missing.
func conformsOld(t *testing.T, schemaName string, text []byte) {
	t.Helper()
	conformsTo(t, loadSchema(t, schemaName, true), schemaName, text)
}

func conformsTo(t *testing.T, root schema, schemaName string, text []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", schemaName, err)
	}
	for _, problem := range check(root, root, "$", v) {
		t.Errorf("%s: %s", schemaName, problem)
	}
}

func check(root, s schema, at string, v any) (problems []string) {
	if ref, ok := s["$ref"].(string); ok {
		def, ok := root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
		if !ok {
			return []string{at + ": " + ref + " is not defined"}
		}
		return check(root, def, at, v)
	}
	if want := s["type"]; want != typeOf(v) && !(want == "number" && typeOf(v) == "integer") {
		return []string{fmt.Sprintf("%s: is %s, want %s", at, typeOf(v), want)}
	}
	if c, ok := s["const"]; ok && c != v {
		problems = append(problems, fmt.Sprintf("%s: is %v, want %v", at, v, c))
	}
	if e, ok := s["enum"].([]any); ok && !slices.Contains(e, v) {
		problems = append(problems, fmt.Sprintf("%s: %v is none of %v", at, v, e))
	}
	if low, ok := s["minimum"].(float64); ok && v.(float64) < low {
		problems = append(problems, fmt.Sprintf("%s: %v is below %v", at, v, low))
	}
	if p, ok := s["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(v.(string)) {
		problems = append(problems, fmt.Sprintf("%s: %q does not match %s", at, v, p))
	}
	switch v := v.(type) {
	case []any:
		items := s["items"].(map[string]any)
		for i, item := range v {
			problems = append(problems, check(root, items, fmt.Sprintf("%s[%d]", at, i), item)...)
		}
	case map[string]any:
		problems = append(problems, checkObject(root, s, at, v)...)
	}
	return problems
}

func checkObject(root, s schema, at string, v map[string]any) (problems []string) {
	properties := s["properties"].(map[string]any)
	required := s["required"].([]any)
	for name, p := range properties {
		added := p.(map[string]any)["x-added"] == true
		if slices.Contains(required, any(name)) == added {
			problems = append(problems, at+"."+name+": the schema must require every field but those that were added")
		}
	}
	if s["additionalProperties"] != false {
		problems = append(problems, at+": the schema must allow no other field")
	}
	for name := range v {
		if properties[name] == nil {
			problems = append(problems, at+"."+name+": is not in the schema")
		}
	}
	for name, p := range properties {
		if field, ok := v[name]; ok {
			problems = append(problems, check(root, p.(map[string]any), at+"."+name, field)...)
		} else if root["old"] != true || slices.Contains(required, any(name)) {
			problems = append(problems, at+"."+name+": is missing")
		}
	}
	return problems
}

func typeOf(v any) string {
	switch v := v.(type) {
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return "null"
}
