// Package search holds what every search engine of the appliance shares: the
// query language, the German analyzer, the highlighter and the Engine
// interface. Analysis happens here, above the engines, so that all of them
// find the same, and so that what is marked on a page is what was found.
package search
