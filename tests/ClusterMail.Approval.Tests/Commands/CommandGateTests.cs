using ClusterMail.Approval.Commands;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Tests.Tokens;
using ClusterMail.Approval.Tokens;

namespace ClusterMail.Approval.Tests.Commands;

public class CommandGateTests
{
    private static readonly CommandMail Mail = new()
    {
        Path = SubmissionPath.Authenticated,
        IsAuthOffered = true,
        EnvelopeSender = Vectors.Bucho,
        SenderAccount = Vectors.Bucho,
        Authenticated = Vectors.Bucho,
        Recipients = [Vectors.Bucho],
        RecipientAccount = Vectors.Bucho,
    };

    [Fact]
    public void APPROVE_203_a_mail_to_himself_by_whoever_logged_in_is_a_command() =>
        Assert.Equal(new CommandGate.Passage(Vectors.Bucho, ResultCode.Ok), CommandGate.Judge(Mail, new DecisionRules()));

    [Fact]
    public void APPROVE_203_an_alias_of_the_same_account_is_himself() =>
        Assert.Equal(Vectors.Bucho, CommandGate.Judge(Mail with { EnvelopeSender = Sample.Box("b@corp.example"), Recipients = [Sample.Box("tanaka@corp.example")] }, new DecisionRules()).Asker);

    [Fact]
    public void APPROVE_203_to_somebody_else_or_to_more_than_one_it_is_ordinary_mail()
    {
        Assert.Equal(new CommandGate.Passage(null, ResultCode.WrongTo), CommandGate.Judge(Mail with { Recipients = [Vectors.Kacho], RecipientAccount = Vectors.Kacho }, new DecisionRules()));
        Assert.Equal(new CommandGate.Passage(null, ResultCode.WrongTo), CommandGate.Judge(Mail with { Recipients = [Vectors.Bucho, Vectors.Bucho] }, new DecisionRules()));
    }

    [Fact]
    public void APPROVE_203_a_stranger_or_another_login_gives_no_command()
    {
        Assert.Equal(ResultCode.WrongPath, CommandGate.Judge(Mail with { Path = SubmissionPath.Outside, Authenticated = null }, new DecisionRules()).Code);
        Assert.Equal(ResultCode.WrongPath, CommandGate.Judge(Mail with { Path = SubmissionPath.TrustedNetwork, Authenticated = null }, new DecisionRules()).Code);
        Assert.Equal(ResultCode.NotAllowed, CommandGate.Judge(Mail with { Authenticated = Vectors.User2 }, new DecisionRules()).Code);
        Assert.Null(CommandGate.Judge(Mail with { SenderAccount = null }, new DecisionRules()).Asker);
    }

    [Fact]
    public void APPROVE_202_behind_an_internal_server_only_the_sub_domain_is_the_way()
    {
        var rules = new DecisionRules { SubDomainLabel = "sub" };
        var mail = Mail with { Path = SubmissionPath.InternalServer, Authenticated = null };
        Assert.Equal(ResultCode.WrongTo, CommandGate.Judge(mail, rules).Code);
        Assert.Equal(Vectors.Bucho, CommandGate.Judge(mail with { Recipients = [Sample.Box("bucho@sub.corp.example")] }, rules).Asker);
    }
}
