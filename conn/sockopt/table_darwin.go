package sockopt

const (
	ipMinTTL        = 0
	ipv6MinHopCount = 0
	soRtable        = 0
)
