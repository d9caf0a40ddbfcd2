package s3

import (
	"context"
	"net/http"
	"time"

	"eakte/appliance/record"
)

// dateKey carries the place for a date from a call to its answer.
type dateKey struct{}

// dateNoter notes the Date of an answer for the call that asks for it; the
// client gives no header of a bucket's HEAD to its caller.
type dateNoter struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (n dateNoter) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := n.RoundTripper.RoundTrip(r)
	date, ok := r.Context().Value(dateKey{}).(*time.Time)
	if ok && err == nil && answer.StatusCode < http.StatusInternalServerError { // behind that may be a proxy alone
		if told, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
			*date = told
		}
	}
	return answer, err
}

// Now implements vault.Bucket. A store that refuses the call, say because the
// clocks are too far apart, tells its time all the same.
func (b *bucket) Now(ctx context.Context) (time.Time, error) {
	var date time.Time
	_, err := b.client.BucketExists(context.WithValue(ctx, dateKey{}, &date), b.name)
	if !date.IsZero() {
		return date.UTC(), nil
	}
	if err != nil {
		return time.Time{}, translate(ctx, err)
	}
	return time.Time{}, &record.Error{Category: record.Unavailable, Message: "The object store does not tell its time.",
		Hint: "Its answers need a Date header; look whether something in between takes it out."}
}
