package cli

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// browse runs a headless Chromium with a new profile on the page at port. What
// it would do for itself in the background is switched off as far as it can
// be, and may fail.
func browse(t *testing.T, port string, args ...string) *process {
	t.Helper()
	return browseURL(t, "http://"+loopback4(port)+"/", args...)
}

func browseURL(t *testing.T, url string, args ...string) *process {
	t.Helper()
	p := newProcess("chromium", append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-extensions", "--hide-scrollbars",
		"--user-data-dir=" + t.TempDir(), "--window-size=800,600"}, append(args, url)...)...)
	wantStatus(t, complete(t, p), "0")
	return p
}

// A browser shows the page.
func TestPageChromium(t *testing.T) {
	t.Parallel()
	need(t, "chromium")
	server, port := listening(t, nil, "--http")
	t.Run("text", func(t *testing.T) {
		t.Parallel()
		if dom := browse(t, port, "--dump-dom").stdout.String(); !strings.Contains(dom, `<html lang="ja">`) || !strings.Contains(dom, pageText) {
			t.Errorf("the document is %q", dom)
		}
		await(t, server, `"GET / HTTP/1\.1" 200 69$`)
	})
	t.Run("picture", func(t *testing.T) {
		t.Parallel()
		name := filepath.Join(t.TempDir(), "page.png")
		browse(t, port, "--screenshot="+name)
		if keep := os.Getenv("GONC_SCREENSHOT"); keep != "" {
			b, err := os.ReadFile(name)
			check(t, err)
			check(t, os.WriteFile(keep, b, 0o666))
		}
		f, err := os.Open(name)
		check(t, err)
		defer f.Close()
		picture, err := png.Decode(f)
		check(t, err)
		if at := picture.Bounds(); at.Dx() != 800 || at.Dy() != 600 {
			t.Errorf("the picture is %v", at)
		}
		if dark := darkPixels(picture); dark < 20 || dark > 5000 {
			t.Errorf("%d pixels of the picture are dark, which is not a line of text", dark)
		}
	})
}

// darkPixels counts what is nearer to black than to white.
func darkPixels(p image.Image) (n int) {
	at := p.Bounds()
	for y := at.Min.Y; y < at.Max.Y; y++ {
		for x := at.Min.X; x < at.Max.X; x++ {
			if r, g, b, _ := p.At(x, y).RGBA(); r+g+b < 3*0x8000 {
				n++
			}
		}
	}
	return n
}
