#define PREFOPT_PEERS ofast_wide
#include "loss_peers.inc"
