package embedded

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/versity/versitygw/s3err"
)

// class is what a bucket is for.
type class struct {
	once   bool // a name is put once and never hidden
	locked bool // every object carries a COMPLIANCE lock
}

// class finds a bucket's class by its name; ok is false for every other name.
func (d *durable) class(bucket string) (c class, ok bool) {
	suffix, ok := strings.CutPrefix(bucket, d.prefix+"-")
	if !ok {
		return class{}, false
	}
	switch suffix {
	case "records", "audit":
		return class{once: true, locked: true}, true
	case "keys":
		return class{once: true}, true
	case "derived":
		return class{}, true
	}
	return class{}, false
}

// statement and policy are the parts of a bucket policy that are used here.
type statement struct {
	Effect    string
	Principal map[string][]string
	Action    []string
	Resource  []string
}

type policy struct {
	Version   string
	Statement []statement
}

// policyOf says what the two accounts may do in a bucket. It is made here and
// never stored, so nobody can change it, root included. There is no word in it
// about bypassing or a bucket's settings: what isn't allowed is denied. What
// no policy can tell apart (a hold set or lifted, root) the backend itself
// looks at.
func (d *durable) policyOf(bucket string) ([]byte, error) {
	c, ok := d.class(bucket)
	if !ok {
		return nil, s3err.GetAPIError(s3err.ErrNoSuchBucketPolicy)
	}
	onBucket := []string{"s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:GetBucketObjectLockConfiguration"}
	read := []string{"s3:GetObject", "s3:GetObjectVersion"}
	put := []string{"s3:PutObject"}
	remove := []string{"s3:DeleteObjectVersion"}
	if c.locked {
		read = append(read, "s3:GetObjectRetention", "s3:GetObjectLegalHold")
		put = append(put, "s3:PutObjectRetention", "s3:PutObjectLegalHold")
		remove = append(remove, "s3:PutObjectLegalHold")
	}
	if !c.once { // without versions the only one there is has no id
		remove = append(remove, "s3:DeleteObject")
	}
	if bucket == d.prefix+"-keys" {
		remove = append(remove, "s3:PutObject")
	}
	running, second := map[string][]string{"AWS": {d.running}}, map[string][]string{"AWS": {d.disposition}}
	self, objects := []string{"arn:aws:s3:::" + bucket}, []string{"arn:aws:s3:::" + bucket + "/*"}
	all := []statement{{"Allow", running, onBucket, self}, {"Allow", running, slices.Concat(read, put), objects}}
	if bucket != d.prefix+"-audit" {
		all = append(all, statement{"Allow", second, onBucket, self}, statement{"Allow", second, slices.Concat(read, remove), objects})
	}
	return json.Marshal(policy{Version: "2012-10-17", Statement: all})
}
