package fixity

import "hash/maphash"

// seen is a set of names, ids or digests that remembers 8 bytes of each, in a
// table that is between three and six eighths full: 11 to 21 bytes. Five million
// documents with twenty million objects take 500 MB in all three sets. The hash is keyed anew for every run, so nobody can
// choose a name that is taken for another; by chance it happens once in 10^12
// such archives.
type seen struct {
	seed  maphash.Seed
	slots []uint64 // open addressing; 0 = free
	n     int
}

func newSeen() *seen { return &seen{seed: maphash.MakeSeed(), slots: make([]uint64, 1024)} }

func (s *seen) sum(name string) uint64 { return max(maphash.String(s.seed, name), 1) }

func (s *seen) add(name string) {
	if 4*s.n >= 3*len(s.slots) {
		s.grow()
	}
	s.put(s.sum(name))
}

func (s *seen) put(h uint64) {
	for i := h % uint64(len(s.slots)); ; i = (i + 1) % uint64(len(s.slots)) {
		switch s.slots[i] {
		case 0:
			s.slots[i] = h
			s.n++
			return
		case h:
			return
		}
	}
}

func (s *seen) grow() {
	old := s.slots
	s.slots, s.n = make([]uint64, 2*len(old)), 0
	for _, h := range old {
		if h != 0 {
			s.put(h)
		}
	}
}

func (s *seen) has(name string) bool {
	h := s.sum(name)
	for i := h % uint64(len(s.slots)); s.slots[i] != 0; i = (i + 1) % uint64(len(s.slots)) {
		if s.slots[i] == h {
			return true
		}
	}
	return false
}
