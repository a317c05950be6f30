package httpapi

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/problem"
)

// A caller that stops in the middle of its body is answered and let go; a
// handler that works longer than a body may take is not disturbed.
func TestSlowBodiesAreCutOff(t *testing.T) {
	t.Parallel()
	const wait = 50 * time.Millisecond
	gin.SetMode(gin.ReleaseMode)
	g := gin.New()
	g.Use(identify, patient(wait, wait))
	g.POST("/read", func(c *gin.Context) {
		if err := soundBody(c, maxBody); err != nil {
			fail(c, err)
			return
		}
		longer := time.NewTimer(4 * wait)
		defer longer.Stop()
		select {
		case <-c.Request.Context().Done():
			fail(c, problem.New("unavailable"))
		case <-longer.C:
			c.Status(http.StatusNoContent)
		}
	})
	g.POST("/ignore", func(c *gin.Context) { fail(c, problem.New("unauthenticated")) })
	s := httptest.NewServer(g)
	t.Cleanup(s.Close)
	send := func(text string) (*bufio.Reader, net.Conn) {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
		_, err = io.WriteString(c, text)
		require.NoError(t, err)
		return bufio.NewReader(c), c
	}
	status := func(r *bufio.Reader) int {
		answer, err := http.ReadResponse(r, nil)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
	const head = " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
	r, _ := send("POST /read" + head + "10\r\n\r\n{\"a")
	require.Equal(t, 400, status(r))

	r, _ = send("POST /ignore" + head + "10\r\n\r\n{\"a")
	_, err := io.ReadAll(r)
	require.NoError(t, err, "the connection is closed, not kept waiting")

	r, c := send("POST /read" + head + "2\r\n\r\n{}")
	require.Equal(t, 204, status(r))
	_, err = io.WriteString(c, "POST /read"+head+"2\r\n\r\n{}")
	require.NoError(t, err)
	require.Equal(t, 204, status(r), "the connection stays usable")
}
