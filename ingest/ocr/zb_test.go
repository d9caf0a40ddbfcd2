package ocr
import ("testing";"strings";"image")
func bpage(b *testing.B) *image.Gray { return drawn(b, strings.Repeat(letter+"\n",4), 2480,3508) }
func BenchmarkPrepareGrey(b *testing.B){ m:=Image{bpage(b),false,300}; for b.Loop(){ prepare(m) } }
func BenchmarkPrepareBW(b *testing.B){ m:=Image{bilevel(bpage(b)),true,300}; for b.Loop(){ prepare(m) } }
func BenchmarkPrepareTilt(b *testing.B){ m:=Image{tilted(bpage(b),2),false,300}; for b.Loop(){ prepare(m) } }
func BenchmarkEncode(b *testing.B){ m:=Image{bpage(b),false,300}; for b.Loop(){ encode(m) } }
func BenchmarkEncodeBW(b *testing.B){ m:=Image{bilevel(bpage(b)),true,300}; for b.Loop(){ encode(m) } }
