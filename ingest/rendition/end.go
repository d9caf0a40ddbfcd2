package rendition

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// end makes everything behind the pages: fonts, profile, metadata, page tree,
// table of contents, and the table of all objects. It begins at start.
func (l *layout) end(start int64) ([]byte, error) {
	o := newObjects(start)
	l.textFont(o)
	profile := sRGB()
	o.stream(objProfile, "/N 3", profile)
	o.raw(objMetadata, "/Type/Metadata/Subtype/XML", metadata(l.info, l.level()))
	o.add(objInfo, information(l.info))
	next := l.tree.next
	outlines := ""
	toc := func(int) int { return 0 }
	switch {
	case l.form != nil:
		toc, next = l.form.write(o, l, next)
	case l.contents > 0:
		c, err := newContents(l, next)
		if err != nil {
			return nil, err
		}
		c.write(o)
		outlines = "/Outlines " + ref(c.outline) + "/PageMode/UseOutlines"
		toc, next = c.page, c.next
	}
	l.tree.write(o, func(i int) int {
		if i < l.contents {
			return toc(i)
		}
		return pageObject(i - l.contents)
	})
	shown := ""
	if l.info.Title != "" {
		shown = "/ViewerPreferences<</DisplayDocTitle true>>"
	}
	o.add(objCatalog, fmt.Sprintf("<</Type/Catalog/Version/1.7/Pages %s/Lang(de-DE)/Metadata %s%s%s"+
		"/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB IEC61966-2-1)/DestOutputProfile %s>>]>>",
		ref(objRoot), ref(objMetadata), outlines, shown, ref(objProfile)))
	l.crossReferences(o, next)
	return o.buf.Bytes(), nil
}

// textFont writes the font of the invisible text. Every code but 0 is the
// glyph that draws nothing; what it means stands in ToUnicode.
func (l *layout) textFont(o *objects) {
	if len(l.text.runes) == 1 { // a font has to have a character
		l.text.code(' ')
	}
	o.add(objFont, fmt.Sprintf("<</Type/Font/Subtype/Type0/BaseFont/Glyphless/Encoding/Identity-H/DescendantFonts[%s]/ToUnicode %s>>",
		ref(objCIDFont), ref(objToUnicode)))
	o.add(objCIDFont, fmt.Sprintf("<</Type/Font/Subtype/CIDFontType2/BaseFont/Glyphless/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"+
		"/DW %d/FontDescriptor %s/CIDToGIDMap %s>>", glyphWidth, ref(objDescriptor), ref(objCIDToGID)))
	o.add(objDescriptor, fmt.Sprintf("<</Type/FontDescriptor/FontName/Glyphless/Flags 4/FontBBox[0 -1 %d 1000]/ItalicAngle 0"+
		"/Ascent 1000/Descent -1/CapHeight 1000/StemV 80/FontFile2 %s>>", glyphWidth, ref(objFontFile)))
	font := glyphless()
	o.stream(objFontFile, fmt.Sprintf("/Length1 %d", len(font)), font)
	glyphs := make([]byte, 2*len(l.text.runes))
	for i := 3; i < len(glyphs); i += 2 {
		glyphs[i] = 1
	}
	o.stream(objCIDToGID, "", glyphs)
	o.stream(objToUnicode, "", l.text.toUnicode())
}

// entrySize is the bytes of one entry of the cross references: 1 for the type
// (0 free, 1 in use) and 7 for the place.
const entrySize = 8

// crossReferences ends the file with a stream that says where each object is.
func (l *layout) crossReferences(o *objects, number int) {
	all := make([]int64, number+1)
	copy(all, l.offsets)
	for _, p := range o.places {
		all[p.number] = p.at
	}
	here := o.start + int64(o.buf.Len())
	all[number] = here
	table := make([]byte, entrySize, entrySize*len(all)) // object 0 is free
	for _, at := range all[1:] {
		table = binary.BigEndian.AppendUint64(table, uint64(at)|1<<56)
	}
	id := hex.EncodeToString(l.id[:])
	o.stream(number, fmt.Sprintf("/Type/XRef/Size %d/W[1 7 0]/Root %s/Info %s/ID[<%s><%s>]",
		number+1, ref(objCatalog), ref(objInfo), id, id), table)
	fmt.Fprintf(&o.buf, "startxref\n%d\n%%%%EOF\n", here)
}
