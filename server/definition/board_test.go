package definition_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whoever saves a board and the consumer of its event publish the same at the
// same time.
func TestTwoPublicationsOfOneBoardAgree(t *testing.T) {
	s, _, _ := service(t)
	const process = `{"format":"fluxo/process@1","key":"%s","name":"Stage","appliesTo":"deal","nodes":[{"id":"start","kind":"startEvent"},{"id":"end","kind":"endEvent"}],"flows":[{"id":"f1","from":"start","to":"end"}]}`
	for round := range 50 {
		key := fmt.Sprintf("stage-%d", round)
		var both sync.WaitGroup
		var errs [2]error
		for i := range errs {
			both.Go(func() {
				_, errs[i] = s.PublishCompiled(t.Context(), key, "sales", fmt.Appendf(nil, process, key), "dana")
			})
		}
		both.Wait()
		require.NoError(t, errs[0])
		require.NoError(t, errs[1])
		c, err := s.Compiled(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, 1, c.Version)
	}
}
