package archive

import (
	"fmt"
	"testing"
)

// BenchmarkFileFamily files a mail with what came in it from one file into
// another and back: rights, rows, manifests and entries of each, and every
// manifest in the embedded store.
func BenchmarkFileFamily(b *testing.B) {
	for _, parts := range []int{5, 100, 2000} {
		b.Run(fmt.Sprintf("parts=%d", parts), func(b *testing.B) {
			d := benchDesk(b)
			from, to := d.makeFile("sommer", "03104//0000001", "Probe", 0).ID, d.makeFile("sommer", "03104//0000002", "Muster", 0).ID
			mail := d.postUnindexed("sommer", from, "Anbei")
			bodies := make([]string, parts)
			for i := range bodies {
				bodies[i] = fmt.Sprint("Anlage ", i)
			}
			d.enclose(mail, bodies...)
			for b.Loop() {
				if v := d.file("sommer", mail, to); len(v.Moved) != parts {
					b.Fatalf("%d went along", len(v.Moved))
				}
				from, to = to, from
			}
			b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N)/float64(parts+1), "ms/document")
		})
	}
}
