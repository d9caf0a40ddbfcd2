package meili

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"

	"github.com/meilisearch/meilisearch-go"

	"eakte/search"
)

// settingsVersion changes with the settings and the attributes of an entry (the
// first number), and with its kept pages. It is part of the index's name:
// another version is another index.
var settingsVersion = strconv.Itoa(1 + search.KeptVersion)

// maxValues is the most values that a facet, or a look through the terms of an
// attribute, gives.
const maxValues = 1000

// settings are those of an index of documents, every one that has a bearing on
// what is found. They are sent as they stand here: meilisearch-go leaves out
// what is false or empty.
//
// Nothing is searchable, so that Meilisearch keeps no words of its own. What is
// not displayed is not unpacked when a document is read, which is most of it. A
// suggestion is found only as it is typed; the size from which on a typing
// error is allowed counts termEnd, and two are never allowed. What is found is
// counted to the last document.
const settings = `{
	"displayedAttributes": ["id", "file", "sensitivity", "sequence", "date", "size", "pages", "body", "kept"],
	"searchableAttributes": [],
	"filterableAttributes": [
		{"attributePatterns": ["words", "sender", "suggest"], "features": {"facetSearch": true, "filter": {"equality": true, "comparison": false}}},
		{"attributePatterns": ["numbers", "title", "site", "team", "type", "section", "year", "pairs"], "features": {"facetSearch": false, "filter": {"equality": true, "comparison": false}}},
		{"attributePatterns": ["id", "file", "sensitivity", "date", "received", "size", "pages"], "features": {"facetSearch": false, "filter": {"equality": true, "comparison": true}}}
	],
	"sortableAttributes": ["date", "id", "size"],
	"rankingRules": ["sort"],
	"stopWords": [],
	"synonyms": {},
	"distinctAttribute": null,
	"typoTolerance": {"enabled": true, "minWordSizeForTypos": {"oneTypo": 4, "twoTypos": 255},
		"disableOnWords": [], "disableOnAttributes": ["suggest"], "disableOnNumbers": false},
	"faceting": {"maxValuesPerFacet": 1000, "sortFacetValuesBy": {"*": "count"}},
	"pagination": {"maxTotalHits": 1000000000},
	"proximityPrecision": "byAttribute",
	"searchCutoffMs": 30000,
	"prefixSearch": "disabled",
	"facetSearch": true
}`

// applySettings brings an index's settings to ours, if they differ.
func (e *Engine) applySettings(ctx context.Context, index string) error {
	path := "/indexes/" + index + "/settings"
	status, body, err := e.server.call(ctx, e.server.adminKey, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return refused(status, body)
	}
	if same, err := sameSettings(body); same || err != nil {
		return err
	}
	status, body, err = e.server.call(ctx, e.server.adminKey, http.MethodPatch, path, []byte(settings))
	if err != nil {
		return err
	}
	if status != http.StatusAccepted {
		return refused(status, body)
	}
	var task meilisearch.TaskInfo
	if err := json.Unmarshal(body, &task); err != nil {
		return fmt.Errorf("search server: settings: %w", err)
	}
	return e.wait(ctx, e.server.admin, task.TaskUID)
}

// sameSettings says whether each of our settings has our value on the server.
func sameSettings(server []byte) (bool, error) {
	var want, got map[string]any
	if err := json.Unmarshal([]byte(settings), &want); err != nil {
		return false, fmt.Errorf("search settings: %w", err)
	}
	if err := json.Unmarshal(server, &got); err != nil {
		return false, fmt.Errorf("search server: settings: %w", err)
	}
	for name, value := range want {
		if !reflect.DeepEqual(got[name], value) {
			return false, nil
		}
	}
	return true, nil
}
