// Package webhook calls HTTP services outside. The address that a name resolves
// to is checked when the connection is made, so that neither a name nor a
// redirect leads into the internal network.
package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// ErrForbiddenAddress is wrapped when an address must not be called.
var ErrForbiddenAddress = errors.New("this address may not be called")

// ErrBadRequest is wrapped when the request itself is wrong.
var ErrBadRequest = errors.New("the request is not valid")

// ErrTooLarge is wrapped when a request or an answer exceeds its limit.
var ErrTooLarge = errors.New("too large")

// Options configure a Client; the zero value forbids all internal addresses.
type Options struct {
	// Allow lists networks that may be called although they are internal.
	Allow []netip.Prefix
	// Timeout bounds a call with its redirects, by default 15 s.
	Timeout time.Duration
	// MaxRequestBytes and MaxAnswerBytes bound the bodies, by default 1 MB.
	MaxRequestBytes, MaxAnswerBytes int64
	// Resolver replaces the system's name resolution.
	Resolver *net.Resolver
}

const maxRedirects = 3

// Client makes outgoing calls. It is safe for concurrent use.
type Client struct {
	options Options
	http    *http.Client
}

// forbidden are the networks that are not the public Internet.
var forbidden = []struct {
	prefix netip.Prefix
	name   string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "unspecified"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private"},
	{netip.MustParsePrefix("100.64.0.0/10"), "carrier-grade NAT"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private"},
	{netip.MustParsePrefix("192.0.0.0/24"), "reserved"},
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation"},
	{netip.MustParsePrefix("192.88.99.0/24"), "reserved"},
	{netip.MustParsePrefix("192.168.0.0/16"), "private"},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmark"},
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation"},
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved"},
	{netip.MustParsePrefix("::/96"), "loopback or unspecified"},
	{netip.MustParsePrefix("64:ff9b::/96"), "translated"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "translated"},
	{netip.MustParsePrefix("100::/64"), "discard"},
	{netip.MustParsePrefix("2001::/32"), "tunneled"},
	{netip.MustParsePrefix("2001:db8::/32"), "documentation"},
	{netip.MustParsePrefix("2002::/16"), "tunneled"},
	{netip.MustParsePrefix("fc00::/7"), "unique-local"},
	{netip.MustParsePrefix("fe80::/10"), "link-local"},
	{netip.MustParsePrefix("fec0::/10"), "site-local"},
	{netip.MustParsePrefix("ff00::/8"), "multicast"},
}

// NewClient makes a Client.
func NewClient(options Options) *Client {
	if options.Timeout <= 0 {
		options.Timeout = 15 * time.Second
	}
	if options.MaxRequestBytes <= 0 {
		options.MaxRequestBytes = 1 << 20
	}
	if options.MaxAnswerBytes <= 0 {
		options.MaxAnswerBytes = 1 << 20
	}
	c := &Client{options: options}
	dialer := &net.Dialer{Timeout: options.Timeout, Resolver: options.Resolver, Control: c.control}
	c.http = &http.Client{
		Timeout: options.Timeout,
		Transport: &http.Transport{
			// No proxy: it would connect in our place, past the check.
			Proxy:                  nil,
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           20,
			IdleConnTimeout:        30 * time.Second,
			TLSHandshakeTimeout:    options.Timeout,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: c.redirect,
	}
	return c
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// control sees the resolved address right before connecting, so a name cannot
// resolve to something else between check and use.
func (c *Client) control(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrForbiddenAddress, address)
	}
	return c.CheckAddress(target.Addr())
}

// CheckAddress tells whether an IP address may be called.
func (c *Client) CheckAddress(address netip.Addr) error {
	address = address.Unmap().WithZone("")
	for _, prefix := range c.options.Allow {
		if prefix.Contains(address) {
			return nil
		}
	}
	for _, network := range forbidden {
		if network.prefix.Contains(address) {
			return fmt.Errorf("%w: %s is a %s address; an administrator can allow it in the server's configuration", ErrForbiddenAddress, address, network.name)
		}
	}
	return nil
}

// CheckURL refuses what can be seen to be wrong without resolving a name.
func (c *Client) CheckURL(raw string) error {
	_, err := c.parse(raw)
	return err
}

func (c *Client) parse(raw string) (*url.URL, error) {
	if len(raw) > 4096 {
		return nil, fmt.Errorf("%w: the address is longer than 4096 bytes", ErrBadRequest)
	}
	target, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %q is not an address", ErrBadRequest, raw)
	}
	return target, c.checkTarget(target)
}

func (c *Client) checkTarget(target *url.URL) error {
	if target.Scheme != "http" && target.Scheme != "https" {
		return fmt.Errorf("%w: only http and https addresses can be called", ErrBadRequest)
	}
	if target.Hostname() == "" {
		return fmt.Errorf("%w: the address has no host", ErrBadRequest)
	}
	if target.User != nil {
		return fmt.Errorf("%w: the address must not hold a user and password; use a header", ErrBadRequest)
	}
	if address, err := netip.ParseAddr(target.Hostname()); err == nil {
		return c.CheckAddress(address)
	}
	return nil
}

func (c *Client) redirect(next *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("%w: more than %d redirects", ErrBadRequest, maxRedirects)
	}
	if via[0].URL.Scheme == "https" && next.URL.Scheme == "http" {
		return fmt.Errorf("%w: the redirect leaves the encrypted connection", ErrForbiddenAddress)
	}
	// Secrets in headers of our own are for the first host only.
	if next.URL.Host != via[0].URL.Host {
		if next.Context().Value(private{}) != nil {
			return fmt.Errorf("%w: the request holds secrets and was redirected to another host, %s", ErrForbiddenAddress, next.URL.Host)
		}
		for name := range next.Header {
			if name != "User-Agent" && name != "Content-Type" && name != "Idempotency-Key" {
				next.Header.Del(name)
			}
		}
	}
	return c.checkTarget(next.URL)
}

// Request is one call.
type Request struct {
	Method  string
	URL     string
	Headers map[string]string
	Body    []byte
	// IdempotencyKey is sent as a header, so that the service can recognize a repetition.
	IdempotencyKey string
	// Private says that the address or the body holds secrets: a redirect to another
	// host, which would repeat them there, is not followed.
	Private bool
}

// private marks the context of a Private request.
type private struct{}

// Answer is what the service said, whatever its status.
type Answer struct {
	Status  int
	Headers http.Header
	Body    []byte
}

// reserved headers belong to the connection.
var reserved = map[string]bool{"Host": true, "Content-Length": true, "Connection": true, "Transfer-Encoding": true,
	"Upgrade": true, "Te": true, "Trailer": true, "Proxy-Authorization": true, "Idempotency-Key": true}

// Call makes the request. Answers of any status are no error; errors wrap one
// of the sentinels or are network failures that may go away.
func (c *Client) Call(ctx context.Context, r Request) (Answer, error) {
	if int64(len(r.Body)) > c.options.MaxRequestBytes {
		return Answer{}, fmt.Errorf("%w: the request has more than %d bytes", ErrTooLarge, c.options.MaxRequestBytes)
	}
	target, err := c.parse(r.URL)
	if err != nil {
		return Answer{}, err
	}
	switch r.Method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead:
	default:
		return Answer{}, fmt.Errorf("%w: the method %q is not known", ErrBadRequest, r.Method)
	}
	if r.Private {
		ctx = context.WithValue(ctx, private{}, true)
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, target.String(), bytes.NewReader(r.Body))
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %w", ErrBadRequest, err)
	}
	request.Header.Set("User-Agent", "Fluxo")
	for name, value := range r.Headers {
		canonical := http.CanonicalHeaderKey(strings.TrimSpace(name))
		if reserved[canonical] || strings.ContainsAny(name+value, "\r\n\x00") || canonical == "" {
			return Answer{}, fmt.Errorf("%w: the header %q cannot be set", ErrBadRequest, name)
		}
		request.Header.Set(canonical, value)
	}
	if r.IdempotencyKey != "" {
		request.Header.Set("Idempotency-Key", r.IdempotencyKey)
	}
	response, err := c.http.Do(request)
	if err != nil {
		// The standard error repeats the address, which may hold a token.
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return Answer{}, fmt.Errorf("call %s: %w", target.Host, err)
	}
	defer response.Body.Close() //nolint:errcheck // reading only
	body, err := io.ReadAll(io.LimitReader(response.Body, c.options.MaxAnswerBytes+1))
	if err != nil {
		return Answer{}, fmt.Errorf("call %s: read the answer: %w", target.Host, err)
	}
	if int64(len(body)) > c.options.MaxAnswerBytes {
		return Answer{}, fmt.Errorf("%w: the answer of %s has more than %d bytes", ErrTooLarge, target.Host, c.options.MaxAnswerBytes)
	}
	return Answer{Status: response.StatusCode, Headers: response.Header, Body: body}, nil
}
