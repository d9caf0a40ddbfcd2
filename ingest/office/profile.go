package office

import (
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// setting is one value of LibreOffice's configuration.
type setting struct{ path, name, value string }

// settings are what a conversion differs in from how a person uses
// LibreOffice. What is forbidden here is forbidden by the worker's walls a
// second time.
var settings = []setting{
	{"/org.openoffice.Office.Common/Security/Scripting", "MacroSecurityLevel", "3"},
	{"/org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", "true"},
	{"/org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"},
	{"/org.openoffice.Office.Common/Misc", "UseLocking", "false"},
	{"/org.openoffice.Office.Writer/Content/Update", "Link", "2"}, // never
	{"/org.openoffice.Office.Calc/Content/Update", "Link", "2"},
	// A table of a program that is known shows what its author saw: nothing is
	// calculated again.
	{"/org.openoffice.Office.Calc/Formula/Load", "OOXMLRecalcMode", "1"},
	{"/org.openoffice.Office.Calc/Formula/Load", "ODFRecalcMode", "1"},
	{"/org.openoffice.Office.Java/VirtualMachine", "Enable", "false"},
	{"/org.openoffice.Setup/L10N", "ooSetupSystemLocale", "de-DE"},
	{"/org.openoffice.Office.Common/Filter/PDF/Export", "SelectPdfVersion", "2"}, // PDF/A-2: typefaces embedded
	{"/org.openoffice.Office.Common/Filter/PDF/Export", "UseTaggedPDF", "false"},
	{"/org.openoffice.Office.Common/Filter/PDF/Export", "ExportBookmarks", "false"},
	{"/org.openoffice.Office.Common/Filter/PDF/Export", "ExportFormFields", "false"},
	{"/org.openoffice.Office.Common/Filter/PDF/Export", "ExportNotes", "true"},
}

// inputLine is the number of Calc's line for formulas (FID_INPUTLINE_STATUS).
// The packages without a desktop lack the file that describes it, and no table
// opens where it is wanted.
const inputLine = "26100"

// writeProfile makes the folder of a user of LibreOffice, for one conversion.
func writeProfile(dir string) error {
	var b strings.Builder
	b.WriteString(xml.Header + `<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" ` +
		`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` + "\n")
	for _, s := range settings {
		fmt.Fprintf(&b, `<item oor:path="%s"><prop oor:name="%s" oor:op="fuse"><value>%s</value></prop></item>`+"\n", s.path, s.name, s.value)
	}
	fmt.Fprintf(&b, `<item oor:path="/org.openoffice.Office.Views/Windows"><node oor:name="%s" oor:op="replace">`+
		`<prop oor:name="Visible" oor:op="fuse"><value>false</value></prop></node></item>`+"\n", inputLine)
	b.WriteString("</oor:items>\n")
	user := filepath.Join(dir, "user")
	if err := os.MkdirAll(user, 0o700); err != nil {
		return fmt.Errorf("make profile: %w", err)
	}
	if err := os.WriteFile(filepath.Join(user, "registrymodifications.xcu"), []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("make profile: %w", err)
	}
	return nil
}
