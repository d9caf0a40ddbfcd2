package topology

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

const root = "../.."

// load reads compose.yaml as docker compose does, by the specification's own
// schema and consistency rules, with every profile.
func load(t *testing.T, text []byte, env map[string]string) (*types.Project, error) {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join(root, "compose"))
	if err != nil {
		t.Fatal(err)
	}
	return loader.LoadWithContext(t.Context(), types.ConfigDetails{WorkingDir: dir, Environment: env,
		ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(dir, "compose.yaml"), Content: text}}},
		loader.WithProfiles([]string{"*"}))
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// deployment is compose.yaml with the Dockerfiles that it builds by.
type deployment struct {
	*types.Project
	images map[string]*image // by the path of the Dockerfile, from the root folder
}

func loaded(t *testing.T, env map[string]string) *deployment {
	t.Helper()
	p, err := load(t, read(t, "compose/compose.yaml"), env)
	if err != nil {
		t.Fatal(err)
	}
	return deployed(t, p)
}

// deployed adds the Dockerfiles.
func deployed(t *testing.T, p *types.Project) *deployment {
	t.Helper()
	d := &deployment{Project: p, images: map[string]*image{}}
	for _, s := range p.Services {
		if s.Build != nil && d.images[s.Build.Dockerfile] == nil {
			d.images[s.Build.Dockerfile] = parseImage(t, string(read(t, s.Build.Dockerfile)))
		}
	}
	return d
}

func (d *deployment) image(s types.ServiceConfig) *image {
	if s.Build == nil {
		return nil
	}
	return d.images[s.Build.Dockerfile]
}

// image is what is read of a Dockerfile.
type image struct {
	stages     []stage
	entrypoint []string
	cmd        []string
	user       string
	env        map[string]string
}

// stage is one FROM and what follows it.
type stage struct {
	from     string
	packages []string          // that apt-get installs
	copies   map[string]string // path in the image → path in the root folder; program's name if from another stage
}

var install = regexp.MustCompile(`apt-get install [^&]*`)

// parseImage reads the few instructions that we use.
func parseImage(t *testing.T, text string) *image {
	t.Helper()
	im := &image{}
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\\\n", " "), "\n") {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if word == "FROM" {
			im.stages = append(im.stages, stage{from: strings.Fields(rest)[0], copies: map[string]string{}})
			im.entrypoint, im.cmd, im.user, im.env = nil, nil, "", map[string]string{}
		}
		if len(im.stages) == 0 {
			continue
		}
		last := &im.stages[len(im.stages)-1]
		switch word {
		case "RUN":
			for _, w := range strings.Fields(install.FindString(rest)) {
				if w != "apt-get" && w != "install" && !strings.HasPrefix(w, "-") {
					last.packages = append(last.packages, w)
				}
			}
		case "COPY":
			maps.Copy(last.copies, copied(rest))
		case "ENV":
			for _, w := range strings.Fields(rest) {
				name, value, _ := strings.Cut(w, "=")
				im.env[name] = value
			}
		case "USER":
			im.user = rest
		case "ENTRYPOINT", "CMD":
			var words []string
			if err := json.Unmarshal([]byte(rest), &words); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			if word == "CMD" {
				im.cmd = words
			} else {
				im.entrypoint = words
			}
		}
	}
	return im
}

// copied reads the sources and the target folder of a COPY.
func copied(rest string) map[string]string {
	out := map[string]string{}
	words := strings.Fields(rest)
	built := strings.HasPrefix(words[0], "--from=")
	if built {
		words = words[1:]
	}
	target := words[len(words)-1]
	for _, src := range words[:len(words)-1] {
		at := target
		if strings.HasSuffix(target, "/") && !strings.HasSuffix(src, "/") {
			at += filepath.Base(src)
		}
		if built {
			src = filepath.Base(src)
		}
		out[at] = src
	}
	return out
}

// runtime is the stage that the image consists of.
func (im *image) runtime() stage { return im.stages[len(im.stages)-1] }
