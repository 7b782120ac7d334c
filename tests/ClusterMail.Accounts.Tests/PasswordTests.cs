using System.Security.Cryptography;
using System.Text;
using ClusterMail.Accounts.Passwords;

namespace ClusterMail.Accounts.Tests;

public class PasswordTests
{
    private static readonly PasswordCost Cheap = new(64, 1, ScramCredential.FewestIterations);

    [Fact]
    public async Task AUTH_7_a_password_is_kept_as_a_salted_memory_hard_hash_that_only_it_matches()
    {
        var hash = await PasswordHash.CreateAsync("Secret123", new PasswordCost());
        Assert.StartsWith("$argon2id$v=19$m=19456,t=2,p=1$", hash.ToString(), StringComparison.Ordinal);
        Assert.NotEqual(hash.ToString(), (await PasswordHash.CreateAsync("Secret123", new PasswordCost())).ToString());
        var kept = PasswordHash.Parse(hash.ToString())!;
        Assert.True(await kept.MatchesAsync("Secret123"));
        Assert.False(await kept.MatchesAsync("secret123"));
    }

    [Fact]
    public async Task AUTH_7_the_hash_is_the_argon2id_that_other_programs_compute()
    {
        // argon2 (the reference command line): echo -n password | argon2 somesalt -id -t 2 -k 256 -p 1; and the same with -p 2.
        const string One = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        const string Two = "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
        Assert.True(await PasswordHash.Parse(One)!.MatchesAsync("password"));
        Assert.True(await PasswordHash.Parse(Two)!.MatchesAsync("password"));
        Assert.Equal(One, PasswordHash.Parse(One)!.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")]
    [InlineData("$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")]
    [InlineData("$argon2id$v=19$m=256,t=0,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")]
    [InlineData("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$@")]
    [InlineData("Secret123")]
    public void AUTH_7_a_text_that_is_no_hash_or_asks_for_too_much_is_none(string text) => Assert.Null(PasswordHash.Parse(text));

    [Theory]
    [InlineData("1234567", false, false)]
    [InlineData("12345678", false, true)]
    [InlineData("x", true, true)]
    [InlineData("", true, false)]
    [InlineData("with\0nul-in-it", false, false)]
    [InlineData("パスワード八文字", false, true)]
    public void AUTH_7_a_password_has_8_to_128_characters_and_any_length_with_the_recoverable_store(string password, bool recoverable, bool good) =>
        Assert.Equal(good, PasswordRules.Fault(password, recoverable) is null);

    [Fact]
    public void AUTH_7_a_password_has_128_characters_at_most_and_the_complaint_does_not_show_it()
    {
        Assert.Null(PasswordRules.Fault(new string('a', 128), recoverable: false));
        Assert.DoesNotContain("aaaa", PasswordRules.Fault(new string('a', 129), recoverable: false)!, StringComparison.Ordinal);
    }

    [Fact]
    public void AUTH_7_the_scram_verifier_takes_the_proof_of_the_example_in_RFC_7677()
    {
        // RFC 7677 section 3: user "user", password "pencil".
        const string Message = "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
            + "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        var salted = Rfc2898DeriveBytes.Pbkdf2("pencil", Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096, HashAlgorithmName.SHA256, 32);
        var verifier = new ScramCredential(4096, Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="),
            SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8)), HMACSHA256.HashData(salted, "Server Key"u8));
        var proof = Convert.FromBase64String("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        Assert.True(verifier.Proves(Encoding.ASCII.GetBytes(Message), proof));
        Assert.Equal("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", Convert.ToBase64String(verifier.ServerSignature(Encoding.ASCII.GetBytes(Message))));
        proof[0] ^= 1;
        Assert.False(verifier.Proves(Encoding.ASCII.GetBytes(Message), proof));
        Assert.False(verifier.Proves(Encoding.ASCII.GetBytes(Message), []));
        var copy = ScramCredential.Parse(verifier.ToString())!;
        Assert.Equal((verifier.Iterations, verifier.ToString()), (copy.Iterations, copy.ToString()));
    }

    [Fact]
    public void AUTH_7_a_name_that_does_not_exist_is_given_the_same_salt_each_time_and_no_proof_fits()
    {
        var (first, again) = (ScramCredential.Decoy("nobody@example.jp", "secret"u8, 4096), ScramCredential.Decoy("nobody@example.jp", "secret"u8, 4096));
        Assert.Equal(first.Salt, again.Salt);
        Assert.NotEqual(first.Salt, ScramCredential.Decoy("nobody@example.jp", "other"u8, 4096).Salt);
        Assert.Equal(16, first.Salt.Length);
        Assert.True(first.IsDecoy);
        Assert.False(first.Proves("x"u8, new byte[32]));
    }

    [Fact]
    public void AUTH_7_no_scram_verifier_is_made_for_a_password_that_clients_prepare_differently()
    {
        Assert.NotNull(ScramCredential.Create("pencil", 4096));
        Assert.Null(ScramCredential.Create("えんぴつ", 4096));
        Assert.Null(ScramCredential.Parse("SCRAM-SHA-256$100:W22ZaJ0SNY7soEsUEjb6gQ==$AAAA:AAAA"));
    }

    [Fact]
    public void AUTH_7_the_recoverable_store_opens_with_its_key_for_its_address_only()
    {
        var seal = new PasswordSeal(RandomNumberGenerator.GetBytes(32));
        var kept = seal.Close("Secret123", "taro@example.jp");
        Assert.DoesNotContain("Secret123", Encoding.Latin1.GetString(kept), StringComparison.Ordinal);
        Assert.Equal("Secret123", seal.Open(kept, "taro@example.jp"));
        Assert.Null(seal.Open(kept, "hanako@example.jp"));
        Assert.Null(new PasswordSeal(RandomNumberGenerator.GetBytes(32)).Open(kept, "taro@example.jp"));
        kept[^1] ^= 1;
        Assert.Null(seal.Open(kept, "taro@example.jp"));
        Assert.Null(seal.Open([], "taro@example.jp"));
    }

    [Theory]
    [InlineData("0600", "", true)]
    [InlineData("0400", "", true)]
    [InlineData("0440", "", false)]
    [InlineData("0440", "elsewhere", false)]
    [InlineData("0440", "here", true)]
    [InlineData("0444", "here", false)]
    [InlineData("0460", "here", false)]
    public void AUTH_7_a_secret_may_be_readable_for_the_group_in_the_credentials_folder_alone(string mode, string credentials, bool isPrivate)
    {
        if (OperatingSystem.IsWindows())
            return;
        var folder = Directory.CreateTempSubdirectory("cm-secret");
        try
        {
            // As a mounted secret looks: a link to the file of the version in force.
            var version = folder.CreateSubdirectory("..v1");
            var (file, link) = (Path.Combine(version.FullName, "key"), Path.Combine(folder.FullName, "key"));
            File.WriteAllText(file, "secret");
            File.SetUnixFileMode(file, (UnixFileMode)Convert.ToInt32(mode, 8));
            File.CreateSymbolicLink(link, Path.Combine("..v1", "key"));
            Assert.Equal(isPrivate, SecretFile.IsPrivate(link, credentials switch { "here" => folder.FullName, "elsewhere" => "/run/credentials", _ => "" }));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void AUTH_7_the_key_file_is_refused_when_it_is_missing_open_to_others_or_no_key_with_what_to_do()
    {
        if (OperatingSystem.IsWindows())
            return;
        var folder = Directory.CreateTempSubdirectory("cm-key");
        try
        {
            var file = Path.Combine(folder.FullName, "key");
            Assert.Contains("openssl rand", Assert.Throws<InvalidDataException>(() => PasswordSeal.FromFile(file)).Message, StringComparison.Ordinal);
            File.WriteAllText(file, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
            Assert.Contains("chmod 600", Assert.Throws<InvalidDataException>(() => PasswordSeal.FromFile(file)).Message, StringComparison.Ordinal);
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            var seal = PasswordSeal.FromFile(file);
            Assert.Equal("x", PasswordSeal.FromFile(file).Open(seal.Close("x", "a"), "a"));
            // A new key in front: it closes, the former one still opens (DELIV-11).
            File.WriteAllText(file, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) + "\n" + File.ReadAllText(file) + "\n");
            var both = PasswordSeal.FromFile(file);
            Assert.Equal("x", both.Open(seal.Close("x", "a"), "a"));
            Assert.Null(seal.Open(both.Close("x", "a"), "a"));
            Assert.Equal("x", both.Open(both.Close("x", "a"), "a"));
            File.WriteAllText(file, File.ReadAllText(file) + "short\n");
            Assert.Contains("line 3", Assert.Throws<InvalidDataException>(() => PasswordSeal.FromFile(file)).Message, StringComparison.Ordinal);
            File.WriteAllText(file, "short");
            Assert.Contains("base64", Assert.Throws<InvalidDataException>(() => PasswordSeal.FromFile(file)).Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task AUTH_7_an_unknown_account_costs_the_same_hash_and_is_refused()
    {
        using var hasher = new PasswordHasher(() => Cheap);
        var made = await hasher.MakeAsync("Secret123", "taro@example.jp", null, default);
        Assert.True(await hasher.MatchesAsync(made.Hash, "Secret123", default));
        Assert.False(await hasher.MatchesAsync(null, "Secret123", default));
        Assert.False(await hasher.MatchesAsync("no hash at all", "Secret123", default));
        Assert.NotNull(made.Scram);
        Assert.Null(made.Recoverable);
    }

    [Fact]
    public async Task AUTH_7_more_logins_than_may_wait_are_told_to_come_back()
    {
        using var hasher = new PasswordHasher(() => new PasswordCost(2048, 1, 0), atOnce: 1);
        var answers = await Task.WhenAll(Enumerable.Range(0, PasswordHasher.MostWaiting + 50).Select(_ => hasher.MatchesAsync(null, "x", default)));
        Assert.InRange(answers.Count(answer => answer is null), 1, 50);
        Assert.False(await hasher.MatchesAsync(null, "x", default));
    }
}
