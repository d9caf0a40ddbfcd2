// Package embedded runs an S3 server with object lock inside the process
// (versitygw over the file system), for the machine on which nothing else is
// installed. It is reached like any other store, through appliance/vault/s3.
//
// What is served is not versitygw's backend as it is but a wrapper (durable)
// that makes it keep an archive's promises:
//
//   - what is acknowledged is on disk: data, attributes, directories;
//   - an object becomes visible together with its lock, never before;
//   - records, audit and keys are put-once for everybody, root included:
//     no overwriting, no hiding, no copying onto itself;
//   - a COMPLIANCE date only grows, also when two requests race;
//   - everything the appliance doesn't need is refused.
//
// Three accounts: root makes the buckets; the running account may get, list,
// put, extend and set a hold; that of the second key may remove what neither a
// lock nor a hold protects, and lift a hold, but not in the audit log.
package embedded
