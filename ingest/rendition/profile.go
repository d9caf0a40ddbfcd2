package rendition

import "math"

// sRGB makes an ICC profile (version 4.2) of the colour space sRGB, IEC
// 61966-2-1, from the figures of the standard: primaries adapted to D50 and
// the curve as a formula. Made here, it is nobody's work but ours.
func sRGB() []byte {
	fixed := func(f float64) int32 { return int32(math.Round(f * 65536)) }
	xyz := func(x, y, z float64) []byte { return be([]byte("XYZ \x00\x00\x00\x00"), fixed(x), fixed(y), fixed(z)) }
	text := func(s string) []byte {
		b := be([]byte("mluc\x00\x00\x00\x00"), uint32(1), uint32(12), []byte("enUS"), uint32(2*len(s)), uint32(28))
		for _, c := range []byte(s) {
			b = append(b, 0, c)
		}
		return b
	}
	curve := be([]byte("para\x00\x00\x00\x00"), uint16(3), uint16(0),
		fixed(2.4), fixed(1/1.055), fixed(0.055/1.055), fixed(1/12.92), fixed(0.04045))
	adapted := be([]byte("sf32\x00\x00\x00\x00"), fixed(1.04788), fixed(0.02292), fixed(-0.05022),
		fixed(0.02959), fixed(0.99048), fixed(-0.01707), fixed(-0.00925), fixed(0.01508), fixed(0.75168))
	return iccFile([]sfntTable{
		{"desc", text("sRGB")}, {"cprt", text("Free of copyright")}, {"wtpt", xyz(0.9642, 1, 0.8249)}, {"chad", adapted},
		{"rXYZ", xyz(0.43607, 0.22249, 0.01392)}, {"gXYZ", xyz(0.38515, 0.71687, 0.09708)}, {"bXYZ", xyz(0.14307, 0.06061, 0.7141)},
		{"rTRC", curve}, {"gTRC", curve}, {"bTRC", curve},
	})
}

// iccFile puts tags into a profile of a display.
func iccFile(tags []sfntTable) []byte {
	table := be(uint32(len(tags)))
	at := 128 + 4 + 12*len(tags)
	var body []byte
	for _, t := range tags {
		table = append(table, t.tag...)
		table = append(table, be(uint32(at+len(body)), uint32(len(t.data)))...)
		body = append(body, t.data...)
		body = append(body, make([]byte, (4-len(t.data)%4)%4)...)
	}
	head := be(uint32(at+len(body)), uint32(0), uint32(0x04200000), []byte("mntrRGB XYZ "),
		uint16(2026), uint16(1), uint16(1), uint16(0), uint16(0), uint16(0), []byte("acsp"),
		make([]byte, 28), int32(63190), int32(65536), int32(54061)) // the illuminant D50
	head = append(head, make([]byte, 128-len(head))...)
	return append(append(head, table...), body...)
}
