package jobtest_test

import (
	"testing"

	"eakte/appliance/job/jobtest"
	"eakte/appliance/record"
)

func TestMemory(t *testing.T) {
	jobtest.Run(t, func(_ *testing.T, clock record.Clock) jobtest.Harness {
		m := jobtest.NewMemory(clock)
		return jobtest.Harness{Store: m, Enqueue: m.Enqueue, Buried: m.Buried}
	})
}
