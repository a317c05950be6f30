package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Only what nobody has written is given back, and the program goes on.
func TestCleanPagesOfTheProgramAreGivenBack(t *testing.T) {
	const smaps = `00400000-00500000 r-xp 00000000 08:01 7 /opt/fluxo
Size:               1024 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
00500000-00600000 r--p 00100000 08:01 7 /opt/fluxo
Anonymous:             8 kB
00600000-00700000 rw-p 00200000 08:01 7 /opt/fluxo
Anonymous:         0 kB
00700000-00800000 r--p 00300000 08:01 7 /opt/fluxo
Anonymous:         0 kB
7f0000000000-7f0000100000 r-xp 00000000 08:01 9 /lib/libc.so.6
Anonymous:         0 kB
7f0000200000-7f0000300000 r--p 00000000 00:00 0
Anonymous:         0 kB
`
	parts, err := cleanParts(strings.NewReader(smaps), "/opt/fluxo")
	require.NoError(t, err)
	require.Equal(t, []part{{0x400000, 0x500000}, {0x700000, 0x800000}}, parts)
	_, err = cleanParts(strings.NewReader("00-zz r-xp 00000000 08:01 7 /opt/fluxo\n"), "/opt/fluxo")
	require.Error(t, err)

	given, err := trim()
	require.NoError(t, err)
	require.Greater(t, given, 1<<20)
}
