package embedded

// OpenAs opens as a program with another analyzer does.
func OpenAs(dir, analyzer string) (*Engine, error) { return openAs(dir, analyzer) }
