package webhook

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func TestClientRefusesInternalAddresses(t *testing.T) {
	c := NewClient(Options{})
	for _, host := range []string{"127.0.0.1", "127.1.2.3", "0.0.0.0", "10.1.1.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
		"100.64.0.1", "224.0.0.1", "255.255.255.255", "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[fd12::1]", "[ff02::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]",
		"[64:ff9b::7f00:1]", "[2002:7f00:1::]", "localhost"} {
		t.Run(host, func(t *testing.T) {
			_, err := c.Call(context.Background(), Request{Method: "GET", URL: "http://" + host + ":9/"})
			require.ErrorIs(t, err, ErrForbiddenAddress)
		})
	}
	for _, public := range []string{"93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:2800:220:1::1"} {
		require.NoError(t, c.CheckAddress(netip.MustParseAddr(public)))
	}
	// Notations of 127.0.0.1 that some resolvers accept.
	for _, host := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1"} {
		_, err := c.Call(context.Background(), Request{Method: "GET", URL: "http://" + host + ":9/"})
		require.Error(t, err)
	}
}

func TestClientChecksTheResolvedAddress(t *testing.T) {
	called := false
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer s.Close()
	_, err := NewClient(Options{}).Call(context.Background(), Request{Method: "GET", URL: strings.Replace(s.URL, "127.0.0.1", "localhost", 1)})
	require.ErrorIs(t, err, ErrForbiddenAddress)
	require.False(t, called)
}

func TestClientCalls(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Seen", r.Method+" "+r.Header.Get("Idempotency-Key")+" "+r.Header.Get("X-Own")+" "+string(body))
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, `{"ok":true}`)
	}))
	defer s.Close()
	c := NewClient(Options{Allow: loopback})
	defer c.Close()
	answer, err := c.Call(context.Background(), Request{Method: "POST", URL: s.URL, Headers: map[string]string{"x-own": "1"}, Body: []byte("hi"), IdempotencyKey: "e1"})
	require.NoError(t, err)
	require.Equal(t, 418, answer.Status)
	require.Equal(t, `{"ok":true}`, string(answer.Body))
	require.Equal(t, "POST e1 1 hi", answer.Headers.Get("X-Seen"))
}

func TestClientChecksRedirects(t *testing.T) {
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "secret "+r.Header.Get("Authorization")+r.Header.Get("X-Token"))
	}))
	defer inside.Close()
	hops := 0
	outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hops++
		switch r.URL.Path {
		case "/metadata":
			http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusFound)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/other":
			http.Redirect(w, r, inside.URL, http.StatusFound)
		default:
			http.Redirect(w, r, "/again", http.StatusFound)
		}
	}))
	defer outside.Close()
	c := NewClient(Options{Allow: loopback})
	defer c.Close()
	_, err := c.Call(context.Background(), Request{Method: "GET", URL: outside.URL + "/metadata"})
	require.ErrorIs(t, err, ErrForbiddenAddress)
	_, err = c.Call(context.Background(), Request{Method: "GET", URL: outside.URL + "/file"})
	require.ErrorIs(t, err, ErrBadRequest)
	hops = 0
	_, err = c.Call(context.Background(), Request{Method: "GET", URL: outside.URL + "/loop"})
	require.ErrorIs(t, err, ErrBadRequest)
	require.Equal(t, 4, hops)
	answer, err := c.Call(context.Background(), Request{Method: "GET", URL: outside.URL + "/other", Headers: map[string]string{"Authorization": "Bearer x", "X-Token": "y"}})
	require.NoError(t, err)
	require.Equal(t, "secret ", string(answer.Body))
}

func TestClientLimits(t *testing.T) {
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			select {
			case <-release:
			case <-r.Context().Done():
			}
			return
		}
		_, _ = w.Write(make([]byte, 2048))
	}))
	defer s.Close()
	defer close(release)
	c := NewClient(Options{Allow: loopback, MaxAnswerBytes: 1024, MaxRequestBytes: 10})
	defer c.Close()
	_, err := c.Call(context.Background(), Request{Method: "GET", URL: s.URL})
	require.ErrorIs(t, err, ErrTooLarge)
	_, err = c.Call(context.Background(), Request{Method: "POST", URL: s.URL, Body: make([]byte, 11)})
	require.ErrorIs(t, err, ErrTooLarge)
	impatient := NewClient(Options{Allow: loopback, Timeout: 50 * time.Millisecond})
	defer impatient.Close()
	_, err = impatient.Call(context.Background(), Request{Method: "GET", URL: s.URL + "/slow?token=secret"})
	require.ErrorContains(t, err, "Timeout")
	require.NotContains(t, err.Error(), "secret")
}

func TestClientRefusesBadRequests(t *testing.T) {
	c := NewClient(Options{Allow: loopback})
	for name, r := range map[string]Request{
		"scheme":      {Method: "GET", URL: "ftp://example.com"},
		"gopher":      {Method: "GET", URL: "gopher://example.com"},
		"no host":     {Method: "GET", URL: "http:///x"},
		"user":        {Method: "GET", URL: "http://a:b@example.com"},
		"not a url":   {Method: "GET", URL: "http://exa mple"},
		"method":      {Method: "TRACE", URL: "http://127.0.0.1:9"},
		"host header": {Method: "GET", URL: "http://127.0.0.1:9", Headers: map[string]string{"host": "x"}},
		"injection":   {Method: "GET", URL: "http://127.0.0.1:9", Headers: map[string]string{"X": "a\r\nB: c"}},
		"long":        {Method: "GET", URL: "http://127.0.0.1:9/" + strings.Repeat("x", 5000)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.Call(context.Background(), r)
			require.ErrorIs(t, err, ErrBadRequest)
		})
	}
}
