package app

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/fluxo-app/fluxo/server/channel/webhook"
	"github.com/fluxo-app/fluxo/server/definition"
)

// callable tells those who draw processes which addresses the server will not call.
func callable(c *webhook.Client) func(address string) error {
	return func(address string) error {
		err := c.CheckURL(address)
		if target, wrong := url.Parse(address); err == nil && wrong == nil && localName(target.Hostname()) {
			err = errors.Join(c.CheckAddress(netip.AddrFrom4([4]byte{127, 0, 0, 1})), c.CheckAddress(netip.IPv6Loopback()))
		}
		if errors.Is(err, webhook.ErrForbiddenAddress) {
			return fmt.Errorf("%w: %w", definition.ErrInternal, err)
		}
		return err
	}
}

// localName tells whether a name always means this machine (RFC 6761).
func localName(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
