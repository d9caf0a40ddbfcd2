package backup

import "eakte/appliance/catalog"

// Unfinished says whether a rebuild was begun in this catalog and has not come
// to its end: nothing may be read or taken in there before.
func Unfinished(tx *catalog.Tx) (bool, error) {
	stage, err := tx.Meta(metaStage)
	return stage != "" && stage != StageDone, err
}

// Finished says whether this catalog came from a rebuild that has ended.
func Finished(tx *catalog.Tx) (bool, error) {
	stage, err := tx.Meta(metaStage)
	return stage == StageDone, err
}
