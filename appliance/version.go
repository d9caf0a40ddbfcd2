package main

import (
	"context"
	"fmt"
	"runtime"
)

func runVersion(_ context.Context, c *cli) int {
	fmt.Fprintf(c.stdout, "eakte %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return exitDone
}
