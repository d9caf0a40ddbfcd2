package ocr

// NewEngine makes an engine with other models and settings than the product's.
var NewEngine = newEngine
