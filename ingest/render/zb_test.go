package render
import ("testing";"math/rand/v2";"bytes";"image/jpeg")
func noisyPage() Raster { g:=newGray(2480,3508); r:=rand.New(rand.NewPCG(1,2)); for i:=range g.Pix { g.Pix[i]=byte(225+r.IntN(20)) }; 
 for y:=0;y<3508;y+=64 { for x:=200;x<2200;x++ { if x%7<3 { for k:=0;k<30&&y+k<3508;k++ { g.Pix[(y+k)*2480+x]=40 } } } }
 return Raster{Y:g,DPI:300} }
func BenchmarkEncode(b *testing.B){ r:=noisyPage(); for b.Loop() { if _,err:=r.Encode();err!=nil{b.Fatal(err)} } }
func BenchmarkFull(b *testing.B){ r:=noisyPage(); for b.Loop() { x,_:=r.jpeg(70); _=x } }
func BenchmarkScale(b *testing.B){ r:=noisyPage(); for b.Loop() { r.resized(1075,1520) } }
func BenchmarkDecode(b *testing.B){ r:=noisyPage(); x,_:=r.jpeg(80); for b.Loop() { jpeg.Decode(bytes.NewReader(x)) } }
func BenchmarkLept(b *testing.B){ r:=noisyPage(); for b.Loop() { x,err:=greyJPEG(r.Y,70); if err!=nil{b.Fatal(err)}; _=x } }
