package rendition

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// producer is what made the PDF, as its metadata say.
const producer = "eAkte"

// metadata is the XMP packet.
func metadata(i Info, level string) []byte {
	conformance := strings.ToUpper(level[1:])
	at := i.Created.UTC().Format(time.RFC3339)
	title := ""
	if i.Title != "" {
		title = `<dc:title><rdf:Alt><rdf:li xml:lang="x-default">` + escaped(i.Title) + `</rdf:li></rdf:Alt></dc:title>`
	}
	if i.About != "" {
		title += `<dc:description><rdf:Alt><rdf:li xml:lang="x-default">` + escaped(i.About) + `</rdf:li></rdf:Alt></dc:description>`
	}
	return fmt.Appendf(nil, `<?xpacket begin="%s" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" pdfaid:part="2" pdfaid:conformance="%s"/>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">%s<dc:format>application/pdf</dc:format></rdf:Description>
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreateDate="%s" xmp:ModifyDate="%s"/>
<rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" pdf:Producer="%s"/>
</rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>`, "\ufeff", conformance, title, at, at, producer)
}

// information is the old dictionary of the same, which many readers show.
func information(i Info) string {
	at := i.Created.UTC().Format("D:20060102150405Z")
	title := ""
	if i.Title != "" {
		title = "/Title" + textString(printable(i.Title))
	}
	if i.About != "" {
		title += "/Subject" + textString(printable(i.About))
	}
	return fmt.Sprintf("<<%s/Producer(%s)/CreationDate(%s)/ModDate(%s)>>", title, producer, at, at)
}

// escaped makes s safe inside XML.
func escaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(printable(s))
}

// printable leaves out what no XML may hold.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r&0xfffe == 0xfffe {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}
