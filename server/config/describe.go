package config

import (
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"
)

// Setting is one line of the configuration in effect.
type Setting struct {
	Key, Value, From string
}

// Describe lists the configuration in effect and where each setting came from,
// without secrets.
func (c Config) Describe() []Setting {
	var out []Setting
	for _, key := range keys() {
		v := reflect.ValueOf(c)
		for _, part := range strings.Split(key, ".") {
			for i := range v.NumField() {
				if v.Type().Field(i).Tag.Get("koanf") == part {
					v = v.Field(i)
					break
				}
			}
		}
		from := c.sources[key]
		if from == "" {
			from = "default"
		}
		out = append(out, Setting{key, shown(key, v.Interface()), from})
	}
	return out
}

// shown is a value without its secrets.
func shown(key string, value any) string {
	text := fmt.Sprint(value)
	switch key {
	case "secretKey", "mail.password":
		if text != "" {
			return "[set]"
		}
	case "database":
		if u, err := url.Parse(text); err == nil {
			return u.Redacted()
		}
		return "[not an address]"
	}
	return text
}

// Size is a number of bytes, written as 26214400, 25MiB or 25MB.
type Size int64

var units = []struct {
	suffix string
	factor int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}}

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(text []byte) error {
	number, factor := strings.TrimSpace(string(text)), int64(1)
	for _, u := range units {
		if n, ok := strings.CutSuffix(number, u.suffix); ok {
			number, factor = strings.TrimSpace(n), u.factor
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > (1<<62)/factor {
		return fmt.Errorf("%q is no size", text)
	}
	*s = Size(n * factor)
	return nil
}

// String writes a size in the largest unit that holds it exactly.
func (s Size) String() string {
	for _, u := range []int{2, 1, 0} {
		if f := units[u].factor; s > 0 && int64(s)%f == 0 {
			return strconv.FormatInt(int64(s)/f, 10) + units[u].suffix
		}
	}
	return strconv.FormatInt(int64(s), 10)
}
