package ui

import (
	"net/http"
	"strings"
	"testing"
)

// TestMetrics: programs on this machine read them; what comes through a proxy
// on it needs the token. Paths are counted by their pattern.
func TestMetrics(t *testing.T) {
	h := open(t)
	h.call("k.sommer", "GET", "/files/"+string(h.file), "", nil).want(200)
	ask := func(pairs ...string) answer {
		head := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			head[pairs[i]] = pairs[i+1]
		}
		return h.request(http.DefaultClient, "GET", h.url+"/metrics", nil, head)
	}
	first := ask()
	first.want(200)
	text := first.Body
	if !strings.Contains(text, `eakte_http_request_seconds_count{method="GET",route="/api/v1/files/:id",status="2xx"} 1`) {
		t.Errorf("the request is not counted:\n%s", text)
	}
	if strings.Contains(text, string(h.file)) {
		t.Error("an id is in the metrics")
	}
	for _, forwarded := range []string{"X-Forwarded-For", "Forwarded"} {
		ask(forwarded, "192.0.2.1").want(401)
		ask(forwarded, "192.0.2.1", "Authorization", "Bearer falsch").want(401)
		ask(forwarded, "192.0.2.1", "Authorization", "Bearer nur-fuer-programme").want(200)
	}
}
