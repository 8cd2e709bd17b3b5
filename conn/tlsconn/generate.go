package tlsconn

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/netip"
	"os"
	"slices"
	"time"
)

// The life of a certificate that is made: long enough for any process, and not
// longer than the 825 days that Apple's systems take (support.apple.com/103769).
// It begins a day ago, as the clocks of clients may be slow.
const (
	lifeBefore = 24 * time.Hour
	lifeAfter  = 820 * 24 * time.Hour
)

// generate makes a key and a self-signed certificate for names, this host and
// its addresses.
func generate(names []string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial := make([]byte, 16)
	rand.Read(serial)
	serial[0] = serial[0]&0x7f | 1 // positive and not shorter
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(serial),
		NotBefore:             now.Add(-lifeBefore),
		NotAfter:              now.Add(lifeAfter),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	template.DNSNames, template.IPAddresses = ownNames(names)
	template.Subject = pkix.Name{CommonName: template.DNSNames[0]}
	if len(template.DNSNames[0]) > maxCommonName {
		template.Subject.CommonName = "localhost"
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}

// maxCommonName is ub-common-name of RFC 5280 appendix A.1.
const maxCommonName = 64

// ownNames sorts names into names and addresses, and adds those of this host.
func ownNames(names []string) (dns []string, ips []net.IP) {
	if host, err := os.Hostname(); err == nil {
		names = append(names, host)
	}
	names = append(names, "localhost")
	for _, s := range names {
		if ip, err := netip.ParseAddr(s); err == nil {
			ips = addIP(ips, net.IP(ip.AsSlice()))
		} else if isDNSName(s) && !slices.Contains(dns, s) {
			dns = append(dns, s)
		}
	}
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs[:min(len(addrs), 100)] {
		if n, ok := a.(*net.IPNet); ok {
			ips = addIP(ips, n.IP)
		}
	}
	return dns, ips
}

// addIP adds ip to ips if it is an address of one host and not there yet.
func addIP(ips []net.IP, ip net.IP) []net.IP {
	if ip.IsUnspecified() || slices.ContainsFunc(ips, ip.Equal) {
		return ips
	}
	return append(ips, ip)
}

// isDNSName reports whether s may stand in a certificate as a DNS name.
func isDNSName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for _, c := range []byte(s) {
		ok := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_'
		if !ok {
			return false
		}
	}
	return s[0] != '.' && s[len(s)-1] != '.'
}
