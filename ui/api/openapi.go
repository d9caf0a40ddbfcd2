package api

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// object is a JSON object of the OpenAPI document.
type object = map[string]any

// describe makes the OpenAPI 3.1 document of a list of routes. Shapes come
// from the Go types that are sent, so that the two can't differ.
func describe(routes []route, version string) object {
	s := schemas{named: object{}}
	paths := object{}
	for _, r := range routes {
		item, ok := paths[r.path].(object)
		if !ok {
			item = object{}
			paths[r.path] = item
		}
		item[strings.ToLower(r.method)] = s.operation(r)
	}
	failure := s.of(reflect.TypeFor[Failure]())
	return object{
		"openapi":           "3.1.0",
		"jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
		"info": object{"title": "eAkte", "version": version,
			"description": "Rights are checked before parameters. Who may not know that a thing exists gets 404, the same as for a thing that does not. What makes or changes something takes an Idempotency-Key where it is named; a delivery needs none: its manifest and its objects name themselves. Times are RFC 3339 in UTC, dates YYYY-MM-DD, ids opaque."},
		"servers": []any{object{"url": Prefix}},
		"paths":   paths,
		"components": object{
			"schemas":         s.named,
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer"}},
			"responses": object{"Failure": object{"description": "An error: what happened, what to do, and its reference.",
				"content": object{"application/json": object{"schema": failure}}}},
		},
		"security": []any{object{"token": []any{}}},
	}
}

func (s schemas) operation(r route) object {
	success := object{"description": "Done."}
	switch {
	case r.givesType != "":
		success["content"] = object{r.givesType: object{}}
	case r.gives != nil:
		success["content"] = object{"application/json": object{"schema": s.of(reflect.TypeOf(r.gives))}}
	}
	responses := object{strconv.Itoa(r.status): success, "default": object{"$ref": "#/components/responses/Failure"}}
	if again := "The same transmission again: the first answer."; r.sentAgain() && r.status == 201 {
		responses["200"] = object{"description": again, "content": success["content"]}
	} else if r.sentAgain() {
		success["description"] = "Done. " + again
	}
	if r.givesType == "application/octet-stream" {
		responses["206"] = object{"description": "The range that was asked for.", "content": success["content"]}
		responses["416"] = object{"description": "The range begins behind the end."}
	}
	op := object{"operationId": operationID(r), "summary": r.summary, "responses": responses}
	if params := s.parameters(r); len(params) > 0 {
		op["parameters"] = params
	}
	if r.takes != nil {
		op["requestBody"] = object{"required": true,
			"content": object{"application/json": object{"schema": s.of(reflect.TypeOf(r.takes))}}}
	}
	if r.takesBytes {
		op["requestBody"] = object{"required": true, "content": object{"*/*": object{}}}
	}
	if r.open {
		op["security"] = []any{}
	}
	return op
}

// sentAgain says whether the same transmission again gives the first answer.
func (r route) sentAgain() bool { return r.repeats || slices.Contains(r.query, idempotency()) }

func (s schemas) parameters(r route) []any {
	var list []any
	for _, part := range strings.Split(r.path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			name = strings.TrimSuffix(name, "}")
			kind := object{"type": "string"}
			if name == "n" {
				kind = object{"type": "integer", "minimum": 1}
			}
			list = append(list, object{"name": name, "in": "path", "required": true, "schema": kind})
		}
	}
	for _, p := range r.query {
		kind := object{"type": "string"}
		switch {
		case p.kind == "integer":
			kind = object{"type": "integer", "minimum": 1}
		case p.kind == "date":
			kind["format"] = "date"
		case p.one != "":
			kind["enum"] = strings.Fields(p.one)
		}
		in := "query"
		if p.header {
			in = "header"
		}
		list = append(list, object{"name": p.name, "in": in, "description": p.about, "schema": kind})
	}
	return list
}

// operationID turns GET /files/{id}/documents into getFilesIdDocuments.
func operationID(r route) string {
	id := strings.ToLower(r.method)
	for _, part := range strings.FieldsFunc(r.path, func(c rune) bool { return strings.ContainsRune("/{}.", c) }) {
		id += strings.ToUpper(part[:1]) + part[1:]
	}
	return id
}
