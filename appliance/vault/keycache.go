package vault

import (
	"container/list"
	"sync"

	"eakte/appliance/record"
)

// keyCache keeps the keys used last, so that turning pages doesn't ask the
// store for the same key again and again.
type keyCache struct {
	mu    sync.Mutex
	max   int
	order *list.List // newest first, of Key
	byID  map[record.ObjectID]*list.Element
	drops uint64 // keys that were dropped
}

func newKeyCache(max int) *keyCache {
	return &keyCache{max: max, order: list.New(), byID: make(map[record.ObjectID]*list.Element)}
}

func (c *keyCache) get(id record.ObjectID) (Key, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byID[id]
	if !ok {
		return Key{}, false
	}
	c.order.MoveToFront(e)
	return e.Value.(Key), true
}

// epoch is to be asked before a key is read that is then put: what is dropped
// in between stays out.
func (c *keyCache) epoch() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.drops
}

func (c *keyCache) put(k Key, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if epoch != c.drops { // it may be the one that was dropped; the next reader asks again
		return
	}
	if e, ok := c.byID[k.id]; ok {
		e.Value = k
		c.order.MoveToFront(e)
		return
	}
	c.byID[k.id] = c.order.PushFront(k)
	if c.order.Len() > c.max {
		oldest := c.order.Back()
		delete(c.byID, oldest.Value.(Key).id)
		c.order.Remove(oldest)
	}
}

func (c *keyCache) drop(id record.ObjectID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	if e, ok := c.byID[id]; ok {
		delete(c.byID, id)
		c.order.Remove(e)
	}
}

func (c *keyCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	c.order.Init()
	clear(c.byID)
}
