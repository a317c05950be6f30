// Package designerui embeds the built user interface so that one binary is the whole product.
package designerui

import "embed"

// Dist holds the output of "vite build" under the folder dist. In a clone where the interface was not built yet it
// contains nothing but .gitkeep.
//
//go:embed all:dist
var Dist embed.FS
