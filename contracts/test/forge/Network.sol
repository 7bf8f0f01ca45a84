// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {EpochReports} from "../../src/EpochReports.sol";
import {EquivocationSlasher} from "../../src/EquivocationSlasher.sol";
import {ProviderRegistry} from "../../src/ProviderRegistry.sol";
import {SlashingManager} from "../../src/SlashingManager.sol";
import {StakeVault} from "../../src/StakeVault.sol";
import {VerifierRegistry} from "../../src/VerifierRegistry.sol";
import {IEpochReports} from "../../src/interfaces/IEpochReports.sol";
import {ISlashingManager} from "../../src/interfaces/ISlashingManager.sol";
import {IStakeVault} from "../../src/interfaces/IStakeVault.sol";
import {IVerifierRegistry} from "../../src/interfaces/IVerifierRegistry.sol";
import {Digests} from "../../src/libraries/Digests.sol";
import {StakeToken} from "../../src/testnet/StakeToken.sol";
import {CHEATS} from "./Cheats.sol";
import {Signer} from "./Signer.sol";

/// @notice A whole network with real keys and certificates. The secret of verifier i is i + 1, and so is its registry
///         index if verifiers register in this order.
contract Network {
    uint256 public immutable VERIFIERS = _genesisSize();
    uint32 public constant MINIMUM_VERIFIERS = 4;
    uint256 public constant BOND = 1_000 ether;
    uint256 public constant MINIMUM_STAKE = 500 ether;
    uint256 public constant WEI_PER_MBPS = 1 ether;
    /// @dev Slashes verifiers. The tests call the vault in its name.
    uint64 public constant EPOCH_SECONDS = 1 hours;
    uint64 public constant SETTLEMENT_SECONDS = 1 days;
    uint64 public constant ERA_EPOCHS = 24;
    uint256 public constant SETTLE_REFUND = 0.01 ether;
    /// @dev The four providers of the invariants seldom owe so much, and then the limit takes effect.
    uint16 public constant NETWORK_WEEKLY_BPS = 600;
    uint256 public constant SUPPLY = 1_000_000_000 ether;

    StakeToken public immutable token;
    StakeVault public immutable vault;
    VerifierRegistry public immutable registry;
    ProviderRegistry public immutable providers;
    EpochReports public immutable reports;
    SlashingManager public immutable slashing;
    EquivocationSlasher public immutable equivocation;
    uint64 public genesis;
    mapping(uint64 epoch => IEpochReports.Header) private _headers;

    constructor() {
        address self = address(this);
        uint256 nonce = CHEATS.getNonce(self);
        token = new StakeToken();
        vault = new StakeVault(
            token,
            IStakeVault.Roles({
                providerRegistry: CHEATS.computeCreateAddress(self, nonce + 3),
                slashingManager: CHEATS.computeCreateAddress(self, nonce + 5),
                verifierRegistry: CHEATS.computeCreateAddress(self, nonce + 2),
                equivocationSlasher: CHEATS.computeCreateAddress(self, nonce + 6)
            }),
            15 days
        );
        registry = new VerifierRegistry(
            vault,
            EpochReports(CHEATS.computeCreateAddress(self, nonce + 4)),
            CHEATS.computeCreateAddress(self, nonce + 6),
            IVerifierRegistry.Config(BOND, EPOCH_SECONDS, ERA_EPOCHS, 60, MINIMUM_VERIFIERS),
            _genesisVerifiers()
        );
        providers = new ProviderRegistry(vault, registry, MINIMUM_STAKE, WEI_PER_MBPS, 1 days, 1);
        reports = new EpochReports(registry, keccak256("parameters"), SETTLEMENT_SECONDS);
        slashing = new SlashingManager(
            vault,
            reports,
            registry,
            address(providers),
            ISlashingManager.Rules({
                settleRefund: SETTLE_REFUND,
                evidenceSeconds: 7 days,
                maxPenaltyBps: 1000,
                networkWeeklyBps: NETWORK_WEEKLY_BPS,
                breachBps: 7500,
                windowEpochs: 1
            })
        );
        equivocation = new EquivocationSlasher(vault, address(reports), registry, 7 days);
    }

    /// @notice Registers the verifiers and starts the clock. Call after deployment: a constructor cannot call itself.
    function start() external {
        for (uint256 i = 0; i < VERIFIERS; i++) {
            addVerifier(i, BOND);
        }
        registry.start();
        genesis = registry.genesis();
    }

    function verifier(uint256 i) public pure returns (address) {
        return address(uint160(0x10000 + i));
    }

    /// @notice Registers a provider with this stake.
    function addProvider(address account, uint256 stake) external {
        _deposit(address(providers), account, stake);
        CHEATS.prank(account);
        providers.register(25_000, "region", keccak256("peer"), address(0));
    }

    /// @notice The epoch that runs now. Its report can be posted once it is over.
    function currentEpoch() public view returns (uint64) {
        return block.timestamp < genesis ? 1 : uint64((block.timestamp - genesis) / EPOCH_SECONDS + 1);
    }

    /// @notice Moves to the middle of the next epoch and returns a header for the epoch that ended.
    function finish(bytes32 scoreRoot) public returns (IEpochReports.Header memory) {
        uint64 epoch = currentEpoch();
        CHEATS.warp(genesis + epoch * EPOCH_SECONDS + EPOCH_SECONDS / 2);
        CHEATS.roll(block.number + 1);
        bytes32 blockHash = keccak256(abi.encode("block", block.number - 1));
        CHEATS.setBlockhash(block.number - 1, blockHash);
        return
            IEpochReports.Header({
                era: (epoch - 1) / ERA_EPOCHS + 1,
                epoch: epoch,
                blockNumber: uint64(block.number - 1),
                blockHash: blockHash,
                previousHeader: reports.lastHeaderHash(),
                scoreRoot: scoreRoot,
                ballotSetRoot: keccak256("ballots"),
                rewardsRoot: 0,
                providerCount: 1,
                commonFailure: false
            });
    }

    /// @notice Signs a header by all verifiers except those in the bit mask.
    function certify(
        IEpochReports.Header calldata header,
        uint32 round,
        uint256 missing
    ) external view returns (bytes memory signature, uint32[] memory nonSigners) {
        uint256 secrets;
        uint256 count;
        nonSigners = new uint32[](VERIFIERS);
        for (uint256 i = 0; i < VERIFIERS; i++) {
            if (missing & (1 << i) == 0) secrets += i + 1;
            else nonSigners[count++] = uint32(i);
        }
        assembly ("memory-safe") {
            mstore(nonSigners, count)
        }
        bytes32 hash = Digests.headerHash(block.chainid, address(reports), header);
        bytes32 digest = Digests.report(block.chainid, address(reports), header.era, header.epoch, round, hash);
        signature = Signer.sign(secrets, digest);
    }

    /// @notice Finishes the running epoch with a report of a single leaf. The hash of the leaf is the score root.
    function report(address provider, uint16 penaltyBps) external returns (ISlashingManager.Leaf memory leaf) {
        leaf.epoch = currentEpoch();
        leaf.provider = provider;
        leaf.penaltyBps = penaltyBps;
        IEpochReports.Header memory header = finish(keccak256(bytes.concat(keccak256(abi.encode(leaf)))));
        (bytes memory signature, uint32[] memory nonSigners) = this.certify(header, 0, 0);
        reports.post(header, 0, nonSigners, signature);
        _headers[leaf.epoch] = header;
    }

    /// @notice The header that `report` posted for an epoch.
    function headerOf(uint64 epoch) external view returns (IEpochReports.Header memory) {
        return _headers[epoch];
    }

    /// @notice The time from which the epoch's penalty can be settled.
    function finalAt(uint64 epoch) public view returns (uint256) {
        return genesis + (epoch + 1) * EPOCH_SECONDS + SETTLEMENT_SECONDS;
    }

    function deposit(address role, address account, uint256 amount) external {
        _deposit(role, account, amount);
    }

    /// @notice Registers a verifier with this bond.
    function addVerifier(uint256 i, uint256 bond) public {
        address account = verifier(i);
        _deposit(address(registry), account, bond);
        bytes memory key = Signer.publicKey(i + 1);
        bytes memory proof = Signer.sign(i + 1, this.possessionDigest(account, key));
        CHEATS.prank(account);
        registry.register(key, proof, 1, address(0));
    }

    function possessionDigest(address account, bytes calldata key) external view returns (bytes32) {
        return Digests.proofOfPossession(block.chainid, address(registry), account, key);
    }

    /// @dev The number of genesis accounts.
    function _genesisSize() internal pure virtual returns (uint256) {
        return 7;
    }

    function _genesisVerifiers() private view returns (address[] memory accounts) {
        accounts = new address[](VERIFIERS);
        for (uint256 i = 0; i < VERIFIERS; i++) accounts[i] = verifier(i);
    }

    function _deposit(address role, address account, uint256 amount) private {
        token.transfer(account, amount);
        CHEATS.prank(account);
        token.approve(address(vault), amount);
        CHEATS.prank(account);
        vault.deposit(role, amount);
    }
}
