package api

import (
	"reflect"
	"strings"
	"time"

	"eakte/appliance/record"
)

// schemas makes JSON schemas of Go types; structs become named components.
type schemas struct{ named object }

// of gives the schema of t, or a reference to it.
func (s schemas) of(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case reflect.TypeFor[record.Digest]():
		return object{"type": "string", "pattern": "^sha256-[0-9a-f]{64}$"}
	case reflect.TypeFor[record.State]():
		return object{"type": "string", "enum": []any{record.StateReceived, record.StateProcessing, record.StateReady,
			record.StateClearing, record.StateQuarantined, record.StateDisposed}}
	case reflect.TypeFor[record.Direction]():
		return object{"type": "string", "enum": []any{"in", "out", "internal"}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return object{"anyOf": []any{s.of(t.Elem()), object{"type": "null"}}}
	case reflect.Slice, reflect.Array:
		return object{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Struct:
		return s.structure(t)
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Interface:
		return object{}
	}
	return object{"type": "integer"}
}

func (s schemas) structure(t reflect.Type) object {
	name := componentName(t)
	ref := object{"$ref": "#/components/schemas/" + name}
	if _, known := s.named[name]; known {
		return ref
	}
	props := object{}
	s.named[name] = object{"type": "object", "properties": props} // before its fields: types may contain themselves
	for i := range t.NumField() {
		f := t.Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || tag == "-" {
			continue
		}
		if tag == "" {
			tag = f.Name
		}
		props[tag] = s.of(f.Type)
	}
	return ref
}

// componentName turns page[eakte/appliance/archive.Grant] into GrantList.
func componentName(t reflect.Type) string {
	name := t.Name()
	if base, arg, ok := strings.Cut(name, "["); ok && base == "page" {
		arg = strings.TrimSuffix(arg, "]")
		arg = arg[strings.LastIndex(arg, ".")+1:]
		return strings.ToUpper(arg[:1]) + arg[1:] + "List"
	}
	return name
}
