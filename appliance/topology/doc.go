// Package topology is where compose/ is tested: its files against our rules
// (make compose-check), and the whole of it as plain processes that are
// started from compose.yaml's own definitions (.ci/topology). No container
// engine is needed, so none is proven: images are never built here.
package topology
