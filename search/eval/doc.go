// Package eval measures how well search finds what is meant, over letters of
// the sample generator after real recognition, with questions and judgments
// that are committed: make search-eval. It holds tests only.
package eval
