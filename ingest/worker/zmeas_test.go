package worker
import ("testing";"fmt";"os";"os/exec";"golang.org/x/sys/unix";"strings";"path/filepath";"image";"math/rand/v2")
func cpu() float64 { var r unix.Rusage; unix.Getrusage(unix.RUSAGE_CHILDREN,&r); return float64(r.Utime.Sec+r.Stime.Sec)+float64(r.Utime.Usec+r.Stime.Usec)/1e6 }
func TestMeasure(t *testing.T){
 var lines []string
 for i:=0;i<5;i++ { lines=append(lines, paragraph[1:]...) }
 g:=drawn(t,2480,3508,300,lines[:min(len(lines),36)]...)
 r:=rand.New(rand.NewPCG(1,2))
 noisy:=image.NewGray(g.Rect); for i,v:=range g.Pix { x:=int(v)*200/255+35+r.IntN(20)-10; noisy.Pix[i]=byte(max(0,min(255,x))) }
 fmt.Println("words", len(strings.Fields(strings.Join(lines[:35]," "))))
 const n=8
 for _,c:=range []struct{name string; one []byte; ext string}{ {"jpeg grey (noisy)",asJPEG(t,noisy),"jpg"},{"jpeg grey",asJPEG(t,g),"jpg"},{"g4 bilevel",asTIFF(t,"g4",g),"tif"} } {
  dir:=t.TempDir(); f:=filepath.Join(dir,"x."+c.ext); os.WriteFile(f,c.one,0o600)
  list:=filepath.Join(dir,"list.txt"); os.WriteFile(list,[]byte(strings.Repeat(f+"\n",n)),0o600)
  tess:=func(in string) float64 { c0:=cpu(); cmd:=exec.Command("tesseract",in,"-","-l","deu+eng","-c","thresholding_method=2"); cmd.Env=append(os.Environ(),"OMP_THREAD_LIMIT=1"); if out,err:=cmd.CombinedOutput();err!=nil{t.Fatal(err,string(out))}; return cpu()-c0 }
  var a,b,o float64; words:=0
  const rounds=3
  for range rounds {
  p:=NewPool(Config{})
  c0:=cpu()
  for i:=0;i<n;i++ { pages,_,err:=process(t,p,c.one); if err!=nil{t.Fatal(err)}; words=len(pages[0].Words) }
  p.Close()
  a+=(cpu()-c0)/n/rounds
  b+=tess(list)/n/rounds
  o+=tess(f)/rounds
  }
  fmt.Printf("%s: n=%d words %d, ours %.3f s/page, tesseract list %.3f, single %.3f; ours/list %.3f\n",c.name,n*rounds,words,a,b,o,a/b)
 }
 // pdf passthrough
 var d pdf
 for i:=0;i<n;i++ { d.image("/Width 2480/Height 3508/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode", asJPEG(t, noisy), "", "") }
 p:=NewPool(Config{}); c0:=cpu(); _,_,err:=process(t,p,d.bytes()); p.Close(); fmt.Printf("pdf of scans: %.3f s/page %v\n",(cpu()-c0)/n,err)
 var e pdf
 for i:=0;i<40;i++ { e.text("",lines[:36]...) }
 p=NewPool(Config{}); c0=cpu(); _,_,err=process(t,p,e.bytes()); p.Close(); fmt.Printf("digital pdf: %.3f s/page %v\n",(cpu()-c0)/40,err)
}
