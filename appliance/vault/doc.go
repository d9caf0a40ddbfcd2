// Package vault keeps bytes: encrypted, put once, locked, and verified.
//
// Four buckets: records (object lock: originals o/, manifests m/, tombstones
// t/, probes p/), audit (object lock), keys (k/, no lock, so that destroying
// a key can end a document's life) and derived (d/, can be made again). Every
// name is flat and of fixed depth: a letter, two hex digits, a random id.
//
// Everything here can be read without this program: objects are age files, a
// document's key is an age identity, itself an age file to the appliance's
// and the recovery recipient. docs/formats/vault.md shows the commands.
//
// A Bucket moves bytes; the vault decides what success is: a name is put
// once, and what was put is looked at again (size, checksum, lock) before
// anybody is told that it is kept.
package vault
