package main

import (
	"context"

	"eakte/appliance/admin"
	"eakte/ingest/worker"
)

// lookAtFormats says whether documents wait for a program that isn't installed.
func (a *app) lookAtFormats(context.Context) admin.Finding {
	if !a.cfg.Has("worker") {
		return admin.Finding{State: admin.OK, Code: "formats.elsewhere", Message: "no documents are read by this process"}
	}
	return formats(worker.Extra())
}

func formats(have worker.Formats) admin.Finding {
	switch {
	case !have.Office:
		return admin.Finding{State: admin.Degraded, Code: "formats.office", Message: "LibreOffice is missing: documents and tables of office programs are taken in but not read.",
			Hint: "Install libreoffice-writer-nogui and libreoffice-calc-nogui and have the documents read again."}
	case !have.HEIC:
		return admin.Finding{State: admin.Degraded, Code: "formats.heic", Message: "The decoder of HEIC is missing: photographs of some phones are taken in but not read.",
			Hint: "Install libheif-examples and have the documents read again."}
	}
	return admin.Finding{State: admin.OK, Code: "formats.ok", Message: "documents, tables and HEIC photographs are read"}
}
