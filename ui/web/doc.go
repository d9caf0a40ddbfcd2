// Package web is the pages that people use. A handler copies what it needs out
// of the request, asks the doors, fills a typed view and renders it with templ
// into a buffer; only then anything goes out.
//
// Every state of a page is in its address, and every page works without
// script: links and plain forms. With script, htmx fetches only the right pane
// (the header HX-Target says so), and the modules in ui/assets add keys.
package web
