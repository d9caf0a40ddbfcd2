// Package api is the JSON interface below /api/v1. Each file is one call or
// one family of calls; routes.go lists them all, and openapi.go describes
// exactly that list.
//
// A handler copies what it needs out of the request, asks one door, and gives
// back what the door said. It decides nothing about rights. Where parameters
// can be wrong before a door sees them (JSON that can't be read), the door is
// asked first whether the asker may know about the thing at all.
package api
