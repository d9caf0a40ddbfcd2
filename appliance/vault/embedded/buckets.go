package embedded

import (
	"encoding/json"
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

// policyOf says what the running account may do in a bucket. It is made here
// and never stored, so nobody can change it, root included. There is no word
// in it about deleting, bypassing or a bucket's settings: what isn't allowed
// is denied.
func (d *durable) policyOf(bucket string) ([]byte, error) {
	c, ok := d.class(bucket)
	if !ok {
		return nil, s3err.GetAPIError(s3err.ErrNoSuchBucketPolicy)
	}
	objects := []string{"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"}
	if c.locked {
		objects = append(objects, "s3:PutObjectRetention", "s3:GetObjectRetention")
	}
	who := map[string][]string{"AWS": {d.running}}
	return json.Marshal(policy{Version: "2012-10-17", Statement: []statement{
		{"Allow", who, []string{"s3:ListBucket", "s3:GetBucketLocation", "s3:GetBucketVersioning",
			"s3:GetBucketObjectLockConfiguration"}, []string{"arn:aws:s3:::" + bucket}},
		{"Allow", who, objects, []string{"arn:aws:s3:::" + bucket + "/*"}},
	}})
}
