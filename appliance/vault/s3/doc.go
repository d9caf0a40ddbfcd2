// Package s3 reaches the vault's buckets through the S3 protocol, whatever
// server speaks it: the one inside the process, MinIO, Ceph or AWS.
package s3
